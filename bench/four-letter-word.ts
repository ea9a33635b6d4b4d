/** Asks a ZooKeeper server one of its four-letter words; rejects when it does not answer. */
export function ask(port: number, word: "srvr" | "mntr" | "cons"): Promise<string> {
  return new Promise((resolve, reject) => {
    const decoder = new TextDecoder();
    let answer = "";
    const asking = Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        open: (socket) => {
          socket.write(word);
        },
        data: (_socket, chunk) => {
          answer += decoder.decode(chunk, { stream: true });
        },
        close: () => resolve(answer),
        error: (_socket, error) => reject(error),
      },
    });
    asking.catch(reject);
  });
}

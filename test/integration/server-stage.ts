import { afterAll, afterEach, beforeAll, beforeEach } from "bun:test";
import { join } from "node:path";
import { temporaryDirectory } from "./replica.ts";
import { type ServerOptions, startServer, type ZooKeeperServer } from "./zookeeper-server.ts";

/** One real server for all tests of a file; a directory and a service for each of them. */
export class ServerStage {
  readonly #name: string;
  #server: ZooKeeperServer | undefined;
  #directory: ReturnType<typeof temporaryDirectory> | undefined;
  #service = 0;

  private constructor(name: string) {
    this.#name = name;
  }

  /**
   * Makes a stage that stands when the tests of this file begin, and is gone after them.
   * @param name the first part of every service's name
   * @param limitMs how long the server may take to start
   */
  static open(name: string, options: ServerOptions = {}, limitMs = 60_000): ServerStage {
    const stage = new ServerStage(name);
    beforeAll(async () => {
      stage.#server = await startServer(options);
    }, limitMs);
    afterAll(async () => stage.server[Symbol.asyncDispose]());
    beforeEach(() => {
      stage.#service += 1;
      stage.#directory = temporaryDirectory();
    });
    afterEach(() => stage.#directory?.[Symbol.dispose]());
    return stage;
  }

  get server(): ZooKeeperServer {
    if (this.#server === undefined) throw new Error("the server of this file did not start");
    return this.#server;
  }

  /** The server as the flag `--zk-servers` has it. */
  get servers(): string {
    const { host, port } = this.server.address;
    return `${host}:${port}`;
  }

  /** A name that no other test of the file has. */
  get service(): string {
    return `${this.#name}-${this.#service}`;
  }

  /** The path of the service. */
  get zkPath(): string {
    return `/${this.service}`;
  }

  /** Something in the test's own directory, which is removed after the test. */
  path(name = ""): string {
    if (this.#directory === undefined) throw new Error("no test is under way");
    return join(this.#directory.path, name);
  }
}

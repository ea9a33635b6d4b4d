import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const program = "/usr/bin/chromium";
const patienceMs = 30_000;

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

export interface Appearance {
  readonly width: number;
  readonly height: number;
  readonly scheme: "light" | "dark";
}

/** A real Chromium without a window, spoken to in its own protocol; it loads one page. */
export class Chromium implements AsyncDisposable {
  /** What the page complained of: exceptions, refused resources, violations of its policy. */
  readonly complaints: string[] = [];
  /** Every address that was asked for. */
  readonly requested: string[] = [];
  readonly #process: Bun.Subprocess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<Record<string, unknown>>>();
  #lastId = 0;

  private constructor(process: Bun.Subprocess, profile: string, socket: WebSocket) {
    this.#process = process;
    this.#profile = profile;
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#hear(JSON.parse(String(data))));
  }

  static async start(): Promise<Chromium> {
    if (!existsSync(program)) throw new Error(`${program} is missing: make test-browser`);
    const profile = mkdtempSync(join(tmpdir(), "election-chromium-"));
    const process = Bun.spawn(
      [
        program,
        "--headless=new",
        // The user of a container's tests is root, whom the sandbox refuses.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-proxy-server",
        "--disable-background-networking",
        "--hide-scrollbars",
        "--remote-debugging-port=0",
        `--user-data-dir=${profile}`,
        "about:blank",
      ],
      { stdin: "ignore", stdout: "ignore", stderr: "ignore" },
    );
    const port = await devToolsPort(profile);
    const response = await fetch(`http://127.0.0.1:${port}/json/list`);
    const targets = (await response.json()) as { type: string; webSocketDebuggerUrl: string }[];
    const url = targets.find(({ type }) => type === "page")?.webSocketDebuggerUrl ?? "";
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve, { once: true });
      socket.addEventListener("error", reject, { once: true });
    });
    const chromium = new Chromium(process, profile, socket);
    for (const domain of ["Page", "Runtime", "Log", "Network", "Accessibility"]) {
      await chromium.command(`${domain}.enable`);
    }
    return chromium;
  }

  async open(url: string, { width, height, scheme }: Appearance): Promise<void> {
    await this.appear({ width, height, scheme });
    await this.command("Page.navigate", { url });
  }

  async appear({ width, height, scheme }: Appearance): Promise<void> {
    await this.command("Emulation.setDeviceMetricsOverride", {
      width,
      height,
      deviceScaleFactor: 1,
      mobile: width < 600,
    });
    await this.command("Emulation.setEmulatedMedia", {
      features: [{ name: "prefers-color-scheme", value: scheme }],
    });
  }

  /** The value of an expression on the page; a promise is waited for. */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.command("Runtime.evaluate", {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value?: unknown }).value;
  }

  /** Resolves when the expression is true on the page: asked at every frame, in the page itself. */
  async until(what: string, condition: string): Promise<void> {
    const waiting = `new Promise((resolve) => {
      const until = performance.now() + ${patienceMs};
      const look = () => {
        const found = document.readyState === "complete" && (() => (${condition}))();
        if (found || performance.now() > until) resolve(Boolean(found));
        else requestAnimationFrame(look);
      };
      look();
    })`;
    if ((await this.evaluate(waiting)) === true) return;
    const text = await this.evaluate("document.body.innerText");
    throw new Error(`the page never showed ${what}:\n${String(text)}`);
  }

  async text(selector: string): Promise<string> {
    const expression = `document.querySelector(${JSON.stringify(selector)})?.textContent ?? ""`;
    return String(await this.evaluate(expression));
  }

  /** A picture as PNG: of what is in the window, or of the whole page. */
  async picture(extent: "window" | "page"): Promise<Uint8Array> {
    const { data } = await this.command("Page.captureScreenshot", {
      format: "png",
      captureBeyondViewport: extent === "page",
    });
    return Buffer.from(String(data), "base64");
  }

  async press(key: string): Promise<void> {
    await this.command("Input.dispatchKeyEvent", { type: "keyDown", key, code: key });
    await this.command("Input.dispatchKeyEvent", { type: "keyUp", key, code: key });
  }

  async command(
    method: string,
    params: Record<string, unknown> = {},
  ): Promise<Record<string, unknown>> {
    const answer = Promise.withResolvers<Record<string, unknown>>();
    this.#lastId += 1;
    this.#waiting.set(this.#lastId, answer);
    this.#socket.send(JSON.stringify({ id: this.#lastId, method, params }));
    return await answer.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    this.#process.kill("SIGKILL");
    await this.#process.exited;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }

  #hear({ id, method, params = {}, result = {}, error }: Answer): void {
    if (id !== undefined) {
      const answer = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) answer?.resolve(result);
      else answer?.reject(new Error(error.message));
    }
    if (method === "Runtime.exceptionThrown") {
      this.complaints.push(JSON.stringify(params["exceptionDetails"]));
    }
    if (method === "Log.entryAdded") this.complaints.push(JSON.stringify(params["entry"]));
    if (method === "Network.requestWillBeSent") {
      this.requested.push((params["request"] as { url: string }).url);
    }
  }
}

/** Chromium writes the port that it took into its profile. */
async function devToolsPort(profile: string): Promise<string> {
  const path = join(profile, "DevToolsActivePort");
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline) {
    const [port = "", target = ""] = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
    if (port !== "" && target !== "") return port;
    await Bun.sleep(20);
  }
  throw new Error("Chromium did not say where it listens");
}

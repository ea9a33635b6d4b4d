import { isatty } from "node:tty";

const styles = { dim: "\u001B[2m", bold: "\u001B[1m", green: "\u001B[32m", red: "\u001B[31m" };
const plain = "\u001B[0m";

export type Style = keyof typeof styles;

/** Writes the demo's lines, with the seconds since it began; plain unless on a terminal. */
export class DemoOutput {
  readonly #colours = isatty(process.stdout.fd) && (process.env["NO_COLOR"] ?? "") === "";
  readonly #startedAt = performance.now();

  /** Something that happened just now. */
  event(text: string, style?: Style): void {
    const seconds = (performance.now() - this.#startedAt) / 1_000;
    this.text(`${seconds.toFixed(1).padStart(7)} s  ${this.#styled(text, style)}`);
  }

  text(line: string): void {
    process.stdout.write(`${line}\n`);
  }

  #styled(text: string, style: Style | undefined): string {
    return style === undefined || !this.#colours ? text : `${styles[style]}${text}${plain}`;
  }
}

import { spawn, type ChildProcess } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Association } from "./association";

const startTimeout = 180_000;
const commandTimeout = 60_000;
const endTimeout = 60_000;

/** The built program running as `server demo`: a process of its own, with commands on its standard input. */
export class Demonstration {
  #process: ChildProcess;
  #data: string;
  #lines: string[] = [];
  #printed = new EventEmitter();
  #gone = new AbortController();

  constructor(program: string, data: string, pages: string, folder: string, identity: string) {
    this.#data = data;
    const options = ["--data", data, "--spa", pages, "--identity", identity];
    this.#process = spawn(program, ["demo", ...options], { cwd: folder });
    this.#process.once("exit", () => this.#gone.abort());
    this.#process.once("error", (error) => {
      this.#read(error.message);
      this.#gone.abort();
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream) createInterface({ input: stream }).on("line", (line) => this.#read(line));
    }
  }

  /** Waits until everything runs, and says where. */
  async started(): Promise<Association> {
    await this.#line(/Commands here:/, 0, startTimeout);
    return JSON.parse(readFileSync(join(this.#data, "association.json"), "utf8")) as Association;
  }

  /** Types a command and waits for what the program says about it. */
  async command(line: string): Promise<string> {
    const from = this.#lines.length;
    const [verb = "", name = ""] = line.split(" ");
    const done = { stop: "is stopped", start: "is running", kill: "was killed" }[verb];
    if (done === undefined) throw new Error(`unknown command ${line}`);
    this.#process.stdin?.write(`${line}\n`);
    return this.#line(new RegExp(`› ${name} ${done}`), from, commandTimeout);
  }

  /** Ends the program as Ctrl-C does; it must end by itself, and cleanly. */
  async end(): Promise<void> {
    if (!this.#gone.signal.aborted) {
      const ended = once(this.#process, "exit");
      this.#process.kill("SIGINT");
      const timer = setTimeout(() => this.#process.kill("SIGKILL"), endTimeout);
      await ended;
      clearTimeout(timer);
    }
    const { exitCode, signalCode } = this.#process;
    if (exitCode !== 0) {
      throw new Error(`the demonstration ended with ${exitCode ?? signalCode}:\n${this.#lines.join("\n")}`);
    }
  }

  #read(line: string): void {
    this.#lines.push(line);
    this.#printed.emit("line");
  }

  /** Waits for a line that matches, from a position on. */
  async #line(pattern: RegExp, from: number, timeout: number): Promise<string> {
    const signal = AbortSignal.any([this.#gone.signal, AbortSignal.timeout(timeout)]);
    for (;;) {
      const line = this.#lines.slice(from).find((candidate) => pattern.test(candidate));
      if (line !== undefined) return line;
      if (signal.aborted) {
        const why = this.#gone.signal.aborted ? "has ended" : "is silent";
        throw new Error(`the demonstration ${why}, without ${pattern}:\n${this.#lines.join("\n")}`);
      }
      await once(this.#printed, "line", { signal }).catch(() => undefined); // the next round sees why
    }
  }
}

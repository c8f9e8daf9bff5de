import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
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
  #lines: string[] = [];
  #waiting = new Set<() => void>();
  #ended: Promise<unknown>;
  #data: string;

  constructor(program: string, data: string, pages: string, folder: string) {
    this.#data = data;
    this.#process = spawn(program, ["demo", "--data", data, "--spa", pages], { cwd: folder });
    this.#ended = once(this.#process, "exit");
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream) createInterface({ input: stream }).on("line", (line) => this.#read(line));
    }
  }

  /** Everything printed so far. */
  get output(): string {
    return this.#lines.join("\n");
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
    this.#process.kill("SIGINT");
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), endTimeout);
    await this.#ended;
    clearTimeout(timer);
    if (this.#process.exitCode !== 0) {
      throw new Error(
        `the demonstration ended with ${this.#process.exitCode ?? this.#process.signalCode}:\n${this.output}`,
      );
    }
  }

  #read(line: string): void {
    this.#lines.push(line);
    for (const look of this.#waiting) look();
  }

  /** Waits for a line that matches, from a position on. */
  async #line(pattern: RegExp, from: number, timeout: number): Promise<string> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let look: () => void = () => undefined;
    const found = new Promise<string>((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`${why}, waiting for ${pattern}:\n${this.output}`));
      look = () => {
        const line = this.#lines.slice(from).find((candidate) => pattern.test(candidate));
        if (line !== undefined) resolve(line);
      };
      timer = setTimeout(() => fail("nothing printed"), timeout);
      this.#ended.then(
        () => fail("the demonstration has ended"),
        () => fail("the demonstration could not be started"),
      );
    });
    this.#waiting.add(look);
    look();
    try {
      return await found;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
    }
  }
}

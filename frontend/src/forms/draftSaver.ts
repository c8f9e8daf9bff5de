import { ConnectionProblem } from "../api/problem";

/** How it stands with saving a draft. */
export interface SaveState {
  /**
   * `clean`: nothing to save yet. `waiting`: changed, about to be saved. `offline`: could not reach the portal, tries
   * again by itself. `failed`: the portal refused; `error` says why.
   */
  state: "clean" | "waiting" | "saving" | "saved" | "offline" | "failed";
  savedAt?: Date;
  error?: unknown;
}

const retryDelay = 5000;

/**
 * Saves a draft a moment after the last change, one request at a time, always the newest. Without a connection it keeps
 * trying; what a person typed is never thrown away here.
 */
export class DraftSaver<T> {
  #save: (value: T) => Promise<void> = () => Promise.resolve();
  #delay: number;
  #current: SaveState = { state: "clean" };
  #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pending: { value: T } | undefined;
  #running: Promise<void> | undefined;

  constructor(delay = 1200) {
    this.#delay = delay;
  }

  /** Sets how a version of the draft is saved; may be exchanged at any time. */
  saveWith(save: (value: T) => Promise<void>): void {
    this.#save = save;
  }

  /** For useSyncExternalStore. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** For useSyncExternalStore. */
  snapshot = (): SaveState => this.#current;

  /** Takes a new version of the draft; it is saved when no other follows at once. */
  change(value: T): void {
    this.#pending = { value };
    this.#set({ ...this.#current, state: "waiting" });
    this.#schedule(this.#delay);
  }

  /** Whether something is not saved yet. */
  get unsaved(): boolean {
    return this.#pending !== undefined || this.#running !== undefined;
  }

  /** Saves at once what is not saved yet; says whether everything is. */
  async flush(): Promise<boolean> {
    clearTimeout(this.#timer);
    while (this.#running) await this.#running;
    if (this.#pending) await this.#run();
    return !this.unsaved;
  }

  /** Forgets what is not saved, for a draft that is thrown away. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#pending = undefined;
  }

  #schedule(delay: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), delay);
  }

  async #run(): Promise<void> {
    const taken = this.#pending;
    if (!taken) return;
    this.#pending = undefined;
    this.#set({ ...this.#current, state: "saving" });
    this.#running = this.#save(taken.value).then(
      () => this.#set({ state: this.#pending ? "waiting" : "saved", savedAt: new Date() }),
      (error: unknown) => {
        this.#pending ??= taken;
        const offline = error instanceof ConnectionProblem;
        this.#set({ ...this.#current, state: offline ? "offline" : "failed", error });
        if (offline) this.#schedule(retryDelay);
      },
    );
    await this.#running;
    this.#running = undefined;
  }

  #set(next: SaveState): void {
    this.#current = next;
    for (const listener of this.#listeners) listener();
  }
}

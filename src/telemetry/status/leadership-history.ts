import type { ReplicaId } from "../../election/ports/coordinator.ts";
import type { ElectionEvent, Observer, TransitionEvent } from "../../election/ports/observer.ts";
import type { Scheduler } from "../../base/scheduler.ts";
import type { LeadershipChange } from "../../election/status.ts";
import { mergeHistories, parseHistory } from "./history-record.ts";

/** Where the history outlives the process. Several processes may share it. */
export interface HistoryStore {
  /** What was written last; undefined when nothing was. Rejects when it cannot be read. */
  read(): Promise<string | undefined>;
  /**
   * Writes the text that `change` makes in place of the one that is there; where `change` rejects,
   * nothing changes. No other process writes between the time that `change` reads and that write.
   */
  update(change: (read: () => Promise<string | undefined>) => Promise<string>): Promise<void>;
}

interface LeadershipHistoryOptions {
  readonly scheduler: Scheduler;
  readonly replica: ReplicaId;
  /** Hears a sentence for people when the store cannot be read or written. */
  readonly told: (detail: string) => void;
}

/**
 * The last changes of who led. Without a store they are those that this replica learned of. With a
 * store they are those that all its replicas learned of, in this life and in earlier ones: every
 * write reads first, and adds its own.
 */
export class LeadershipHistory implements Observer {
  readonly #options: LeadershipHistoryOptions;
  #store: HistoryStore | undefined;
  #changes: readonly LeadershipChange[] = [];
  /** The latest epoch whose beginning was recorded: it is recorded once. */
  #epoch: bigint | undefined;
  #isSaved = true;
  #saving: Promise<void> = Promise.resolve();
  #isSaving = false;

  constructor(options: LeadershipHistoryOptions) {
    this.#options = options;
  }

  latestFirst(): readonly LeadershipChange[] {
    return this.#changes;
  }

  /** Takes over what the store holds, and keeps the history there from now on. */
  async keepIn(store: HistoryStore | undefined): Promise<void> {
    if (store === undefined) return;
    this.#store = store;
    await this.#learn(() => store.read());
    if (this.#changes.length > 0) this.#save();
  }

  /** Resolves when nothing is left to be written, or could not be written. */
  async saved(): Promise<void> {
    await this.#saving;
  }

  observe(event: ElectionEvent): void {
    if (event.kind === "leader-seen") {
      const { epoch, leader } = event;
      // An epoch of our own may be seen after its end, until the coordinator has forgotten it.
      if (epoch === this.#epoch || leader === undefined) return;
      this.#epoch = epoch;
      this.#add("seen", leader.replica, epoch, undefined);
    }
    if (event.kind === "transition" && event.epoch !== undefined) {
      const { replica } = this.#options;
      if (event.to === "Leader") {
        this.#epoch = event.epoch;
        this.#add("began", replica, event.epoch, undefined);
      } else if (event.from === "Leader") {
        this.#add("ended", replica, event.epoch, event);
      }
    }
  }

  #add(
    change: LeadershipChange["change"],
    replica: ReplicaId,
    epoch: bigint,
    why: TransitionEvent | undefined,
  ): void {
    const at = this.#options.scheduler.wallClock().toISOString();
    const { reason = null, detail = null } = why ?? {};
    const added = { at, change, replica, epoch: epoch.toString(), reason, detail };
    this.#changes = mergeHistories(this.#changes, [added]);
    this.#save();
  }

  /** Starts to write; a write that is under way is followed by another one. */
  #save(): void {
    if (this.#store === undefined) return;
    this.#isSaved = false;
    if (!this.#isSaving) this.#saving = this.#write(this.#store);
  }

  async #write(store: HistoryStore): Promise<void> {
    this.#isSaving = true;
    while (!this.#isSaved) {
      this.#isSaved = true;
      try {
        await store.update(async (read) => {
          await this.#learn(read);
          return `${JSON.stringify({ changes: this.#changes })}\n`;
        });
      } catch (error) {
        this.#options.told(`the history of leaderships is not kept: ${String(error)}`);
      }
    }
    this.#isSaving = false;
  }

  /** Adds the changes that the store holds to ours. */
  async #learn(read: () => Promise<string | undefined>): Promise<void> {
    try {
      const text = await read();
      if (text === undefined) return;
      const found = parseHistory(text);
      if (found === undefined) throw new Error("it is damaged, or somebody else's");
      this.#changes = mergeHistories(this.#changes, found);
    } catch (error) {
      this.#options.told(
        `what was kept of the history of leaderships is ignored: ${String(error)}`,
      );
    }
  }
}

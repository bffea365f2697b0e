import type { InferencePriority } from '@sotto/pipeline';

const PRIORITIES: readonly InferencePriority[] = ['realtime', 'first-audio', 'background'];

export type Queued = {
  readonly priority: InferencePriority;
  /** Whoever shares a key shares one place in the rotation. */
  readonly sessionKey: string;
};

/**
 * Waiting work in order of priority. Within one priority the sessions take turns, so that one with much
 * to do delays another by at most one piece of work; within one session, first come, first served.
 */
export class FairQueue<T extends Queued> {
  /** Insertion order of the inner maps is the rotation: whoever was served goes to the end. */
  readonly #levels = new Map<InferencePriority, Map<string, T[]>>(PRIORITIES.map((priority) => [priority, new Map<string, T[]>()]));
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(item: T): void {
    const level = this.#level(item.priority);
    const line = level.get(item.sessionKey);
    if (line) line.push(item);
    else level.set(item.sessionKey, [item]);
    this.#size++;
  }

  /** Takes the next item that `accepts` (default: any) allows. */
  take(accepts: (item: T) => boolean = () => true): T | undefined {
    for (const level of this.#levels.values()) {
      for (const [sessionKey, line] of level) {
        const index = line.findIndex(accepts);
        if (index < 0) continue;
        const [item] = line.splice(index, 1);
        level.delete(sessionKey);
        if (line.length > 0) level.set(sessionKey, line);
        this.#size--;
        return item;
      }
    }
    return undefined;
  }

  /** @returns whether the item was still waiting. */
  remove(item: T): boolean {
    const level = this.#level(item.priority);
    const line = level.get(item.sessionKey);
    const index = line?.indexOf(item) ?? -1;
    if (!line || index < 0) return false;
    line.splice(index, 1);
    if (line.length === 0) level.delete(item.sessionKey);
    this.#size--;
    return true;
  }

  /** Empties the queue. */
  drain(): T[] {
    const items: T[] = [];
    for (let item = this.take(); item; item = this.take()) items.push(item);
    return items;
  }

  #level(priority: InferencePriority): Map<string, T[]> {
    return this.#levels.get(priority)!;
  }
}

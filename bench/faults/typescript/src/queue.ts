/** A queue by priority: the highest first, among equals the oldest. */
export class PriorityQueue<T> {
  private entries: { item: T; priority: number; order: number }[] = [];
  private order = 0;

  get size(): number {
    return this.entries.length;
  }

  push(item: T, priority = 0): void {
    this.entries.push({ item, priority, order: this.order++ });
  }

  pop(): T | undefined {
    let best = 0;
    for (let index = 1; index < this.entries.length; index++) {
      if (this.isBefore(index, best)) best = index;
    }
    return this.entries.splice(best, 1)[0]?.item;
  }

  private isBefore(a: number, b: number): boolean {
    const [one, other] = [this.entries[a], this.entries[b]];
    if (!one || !other) return false;
    return one.priority > other.priority || (one.priority === other.priority && one.order < other.order);
  }
}

/** A cache that forgets what was not used for longest. */
export class Recent<V> {
  private readonly values = new Map<string, V>();
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  get(key: string): V | undefined {
    const value = this.values.get(key);
    if (value === undefined) return undefined;
    this.values.delete(key);
    this.values.set(key, value);
    return value;
  }

  set(key: string, value: V): void {
    this.values.delete(key);
    this.values.set(key, value);
    const [oldest] = this.values.keys();
    if (this.values.size > this.most && oldest !== undefined) this.values.delete(oldest);
  }
}

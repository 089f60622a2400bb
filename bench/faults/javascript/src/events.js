/** A small event emitter. */
export class Emitter {
  #listeners = new Map();

  on(name, listener) {
    const list = this.#listeners.get(name) ?? [];
    this.#listeners.set(name, [...list, listener]);
    return () => this.off(name, listener);
  }

  off(name, listener) {
    const list = this.#listeners.get(name) ?? [];
    this.#listeners.set(
      name,
      list.filter((each) => each !== listener),
    );
  }

  once(name, listener) {
    const stop = this.on(name, (...values) => {
      stop();
      listener(...values);
    });
    return stop;
  }

  emit(name, ...values) {
    const list = this.#listeners.get(name) ?? [];
    for (const listener of list) listener(...values);
    return list.length > 0;
  }
}

/** Text with {name} filled in; an unknown name stays as it is. */
export function fill(template, values) {
  return template.replaceAll(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Waits between tries: doubled each time, never above `most`. */
export function backoff(tries, first = 100, most = 5000) {
  return Math.min(most, first * 2 ** tries);
}

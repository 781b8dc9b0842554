/** A list of listeners that may change while it is being called; adding and removing copy it, emitting allocates nothing. */
export class Handlers<T> {
  #list: readonly ((value: T) => void)[] = [];

  /** Listeners now. */
  get count(): number {
    return this.#list.length;
  }

  /** Adds a listener; the result removes it. */
  add(handler: (value: T) => void): () => void {
    this.#list = [...this.#list, handler];
    return () => {
      this.#list = this.#list.filter((other) => other !== handler);
    };
  }

  emit(value: T): void {
    const list = this.#list;
    for (let i = 0; i < list.length; i++) list[i]!(value);
  }
}

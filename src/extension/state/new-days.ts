const DAY = 86_400_000;

/** Tells of each new day, in UTC: values expire with the end of one. Imports no VS Code. */
export class NewDays {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly now: () => Date,
    private readonly onNewDay: () => void,
  ) {
    this.#wait();
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  #wait(): void {
    const day = Math.floor(this.now().getTime() / DAY);
    this.#timer = setTimeout(
      () => {
        // A timer may come a little early, and late after the machine has slept.
        const isNew = Math.floor(this.now().getTime() / DAY) > day;
        this.#wait();
        if (isNew) this.onNewDay();
      },
      (day + 1) * DAY - this.now().getTime() + 1,
    );
    this.#timer.unref();
  }
}

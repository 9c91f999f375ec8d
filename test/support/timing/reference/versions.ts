// Which version of a line each cache, and memory, has in the reference model: a store makes a new
// one, and it goes where the protocol says that data goes. So it is seen that no store is lost and
// that nobody reads an old line.

export class Versions {
  private readonly latest = new Map<number, number>();
  private readonly there = new Map<string, number>();

  /** A place is "memory", or a cache: "L1D 3". */
  copy(from: string, to: string, line: number): void {
    this.there.set(`${to}/${line}`, this.there.get(`${from}/${line}`) ?? 0);
  }

  /** A new version, which only this place has. */
  write(place: string, line: number): void {
    const next = (this.latest.get(line) ?? 0) + 1;
    this.latest.set(line, next);
    this.there.set(`${place}/${line}`, next);
  }

  isLatest(place: string, line: number): boolean {
    return (this.there.get(`${place}/${line}`) ?? 0) === (this.latest.get(line) ?? 0);
  }
}

/** One or more reads of the shared tier under one key, whose finding is to be copied into memory. */
export interface Promotion {
  /** What is read may be outdated by now: it answers whoever asked, and is not copied. */
  isDropped: boolean;
  readers: number;
}

/**
 * The reads of the shared tier under way. Whatever replaces or removes an entry drops those of its key: what they bring was
 * perhaps read before.
 */
export class Promotions {
  readonly #underWay = new Map<string, Promotion>();

  begin(key: string): Promotion {
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) {
      underWay.readers += 1;
      return underWay;
    }
    const promotion: Promotion = { isDropped: false, readers: 1 };
    this.#underWay.set(key, promotion);
    return promotion;
  }

  end(key: string, promotion: Promotion): void {
    promotion.readers -= 1;
    if (promotion.readers === 0 && this.#underWay.get(key) === promotion) this.#underWay.delete(key);
  }

  /** Reads that begin from now on are not meant. */
  drop(key: string): void {
    const promotion = this.#underWay.get(key);
    if (promotion === undefined) return;
    promotion.isDropped = true;
    this.#underWay.delete(key);
  }

  dropWhere(matches: (key: string) => boolean): void {
    for (const key of this.#underWay.keys()) if (matches(key)) this.drop(key);
  }
}

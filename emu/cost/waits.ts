// Waits that are not over. A hart in wfi has counted nothing of its wait until it goes on, however
// many phases pass meanwhile. So each phase is lent the part of the wait that lies in it, and when
// the hart goes on, the wait that it then counts pays that back. If it went on a little before a
// phase ended (harts are up to a quantum apart), the last phase gives the rest back.
import type { Mode } from "../debug.js";
import { type Counts, placeOf } from "../timing/counters.js";
import type { Bucket } from "../timing/timing.js";

const WAIT = placeOf("cyclesWait");

interface Loan {
  readonly counts: Counts;
  readonly cycles: number;
}

/** What one hart's wait has been lent. */
interface Debt {
  /** The hart's clock, which stands while it waits. */
  readonly clock: number;
  /** Where the hart will count its wait. */
  readonly mode: Mode;
  readonly satp: number;
  readonly loans: Loan[];
}

/** A hart that waits: its clock, which stands, and how it stands there. */
export interface Waiter {
  readonly hart: number;
  readonly clock: number;
  readonly mode: Mode;
  readonly satp: number;
}

const sum = (loans: readonly Loan[]) => loans.reduce((all, { cycles }) => all + cycles, 0);

export class Waits {
  private readonly debts = new Map<number, Debt>();

  /** Lends `counts` a hart's wait, as far as `now`. */
  lend({ hart, ...waiter }: Waiter, now: number, counts: Counts): void {
    const debt = this.debts.get(hart) ?? { ...waiter, loans: [] };
    const { clock } = debt;
    const cycles = now - clock - sum(debt.loans);
    if (cycles <= 0) return;
    this.debts.set(hart, debt);
    debt.loans.push({ counts, cycles });
    counts[WAIT] = (counts[WAIT] as number) + cycles;
  }

  /** How much a hart has been lent. */
  lentTo(hart: number): number {
    return sum(this.debts.get(hart)?.loans ?? []);
  }

  /** Takes from a hart's buckets what it was lent, if its clock shows that it has gone on. */
  repay(hart: number, clock: number, buckets: readonly Bucket[]): void {
    const debt = this.debts.get(hart);
    if (!debt || debt.clock === clock) return;
    this.debts.delete(hart);
    let owed = sum(debt.loans);
    const isOwn = ({ mode, satp }: Bucket) => mode === debt.mode && satp === debt.satp;
    const others = buckets.filter((bucket) => !isOwn(bucket));
    for (const { counts } of [...buckets.filter(isOwn), ...others]) {
      const paid = Math.min(owed, counts[WAIT] as number);
      counts[WAIT] = (counts[WAIT] as number) - paid;
      owed -= paid;
    }
    for (const { counts, cycles } of debt.loans.reverse()) {
      const back = Math.min(owed, cycles);
      counts[WAIT] = (counts[WAIT] as number) - back;
      owed -= back;
    }
  }
}

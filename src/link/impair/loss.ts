/** Which frames are lost: independent losses, bursts by Gilbert and Elliott, and the four states of Salsano et al. */
import { Draws, Sequence } from "./chance.ts";
import type { GilbertElliottLoss, Loss, StateLoss } from "./settings.ts";

/** Probabilities as they are compared with 31 bits. */
const ONE = 0x8000_0000;

export class LossModel {
  readonly #draws: Draws;
  readonly #sequence: Sequence;
  #loss: Loss = { model: "random", percent: 0 };
  #isOff = true;
  /** Gilbert-Elliott: 1 good, 2 bad; otherwise 1 to 4 as in {@link StateLoss}. */
  #state = 1;
  /** Gilbert-Elliott: p, r, loss in the bad and in the good state; otherwise p13, p31, p32, p23, p14. */
  readonly #limits = new Float64Array(5);

  /** @param stream two streams are taken from there on. */
  constructor(seed: number, stream: number) {
    this.#draws = new Draws(seed, stream);
    this.#sequence = new Sequence(seed, stream + 1);
  }

  /** True if no frame can be lost. */
  get isOff(): boolean {
    return this.#isOff;
  }

  /** A model that is set anew begins in its good state; one that only gets other numbers stays where it is. */
  set(loss: Loss): void {
    if (loss.model !== this.#loss.model) this.#state = 1;
    this.#loss = loss;
    if (loss.model === "random") {
      this.#isOff = loss.percent === 0;
      this.#draws.set(loss);
    } else {
      const values = loss.model === "gemodel" ? gilbertElliott(loss) : fourStates(loss);
      for (let i = 0; i < values.length; i++) this.#limits[i] = (values[i]! / 100) * ONE;
      this.#isOff = false;
    }
  }

  /** Whether the next frame is lost. */
  loses(): boolean {
    if (this.#isOff) return false;
    const { model } = this.#loss;
    if (model === "random") return this.#draws.hits();
    return model === "gemodel" ? this.#gilbertElliott() : this.#fourStates();
  }

  /** The frame is lost by the state that it finds; then the state changes, or not. */
  #gilbertElliott(): boolean {
    const limits = this.#limits;
    const isGood = this.#state === 1;
    if (this.#sequence.next() < limits[isGood ? 0 : 1]!) this.#state = isGood ? 2 : 1;
    return this.#sequence.next() < limits[isGood ? 3 : 2]!;
  }

  /** The state changes, or not; then the frame is lost by the state that it finds. */
  #fourStates(): boolean {
    const [p13, p31, p32, p23, p14] = [0, 1, 2, 3, 4] as const;
    const limits = this.#limits;
    const draw = this.#sequence.next();
    switch (this.#state) {
      case 1:
        if (draw < limits[p14]!) this.#state = 4;
        else if (draw < limits[p14]! + limits[p13]!) this.#state = 3;
        break;
      case 2:
        if (draw < limits[p23]!) this.#state = 3;
        break;
      case 3:
        if (draw < limits[p32]!) this.#state = 2;
        else if (draw < limits[p32]! + limits[p31]!) this.#state = 1;
        break;
      default:
        this.#state = 1;
    }
    return this.#state >= 3;
  }
}

function gilbertElliott({ p, r = 100 - p, lossBad = 100, lossGood = 0 }: GilbertElliottLoss): number[] {
  return [p, r, lossBad, lossGood];
}

function fourStates({ p13, p31 = 100 - p13, p32 = 0, p23 = 100, p14 = 0 }: StateLoss): number[] {
  return [p13, p31, p32, p23, p14];
}

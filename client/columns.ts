const FIRST_CAPACITY = 256;

/**
 * The numbers of every file, one typed array a column: 30 bytes a file, and no object for the
 * garbage collector to visit. Grows by doubling.
 */
export class Columns {
  /** Declared bytes. */
  size = new Float64Array(FIRST_CAPACITY);
  /** Bytes handed to the network. */
  sent = new Float64Array(FIRST_CAPACITY);
  /** Bytes that the server has. */
  received = new Float64Array(FIRST_CAPACITY);
  /** The rev at which the row was true. */
  rev = new Uint32Array(FIRST_CAPACITY);
  /** Index in `FILE_STATES`. */
  state = new Uint8Array(FIRST_CAPACITY);
  /** 0 to 100. */
  progress = new Uint8Array(FIRST_CAPACITY);

  /** Makes room for `count` files. */
  reserve(count: number): void {
    if (count <= this.size.length) return;
    const capacity = 2 ** Math.ceil(Math.log2(count));
    this.size = widen(this.size, new Float64Array(capacity));
    this.sent = widen(this.sent, new Float64Array(capacity));
    this.received = widen(this.received, new Float64Array(capacity));
    this.rev = widen(this.rev, new Uint32Array(capacity));
    this.state = widen(this.state, new Uint8Array(capacity));
    this.progress = widen(this.progress, new Uint8Array(capacity));
  }
}

function widen<Column extends { set(values: ArrayLike<number>): void }>(
  from: ArrayLike<number>,
  to: Column,
): Column {
  to.set(from);
  return to;
}

/** What became of a packet that a host was told to send. */
export const SendResult = {
  Sent: 0,
  /** It waits for its next hop's MAC address. */
  Waiting: 1,
  /** Longer than the link's MTU. */
  TooLong: 2,
  /** The destination is on no network of ours, and there is no gateway. */
  NoRoute: 3,
  /** The destination is the host itself. */
  OwnAddress: 4,
  /** The neighbour table is full of entries in use. */
  TableFull: 5,
  /** Too many packets wait already. */
  QueueFull: 6,
  /** The link has no room for the frame. */
  LinkFull: 7,
  /** The host was closed. */
  Closed: 8,
  /** The host has no address to speak from, or not the one that was asked for any more. */
  NoAddress: 9,
} as const;
export type SendResult = (typeof SendResult)[keyof typeof SendResult];

/** True if the packet is on its way, or waits for its way to be resolved. */
export function isSent(result: SendResult): boolean {
  return result === SendResult.Sent || result === SendResult.Waiting;
}

/** What went wrong, in the kernel's words where it has some. */
export function sendResultText(result: SendResult, mtu: number): string {
  switch (result) {
    case SendResult.TooLong:
      return `message too long, mtu=${mtu}`;
    case SendResult.NoRoute:
      return "Network is unreachable";
    case SendResult.OwnAddress:
      return "the destination is the asking host's own address";
    case SendResult.TableFull:
      return "No buffer space available (neighbour table full)";
    case SendResult.QueueFull:
    case SendResult.LinkFull:
      return "No buffer space available";
    case SendResult.Closed:
      return "the host is closed";
    case SendResult.NoAddress:
      return "Cannot assign requested address";
    default:
      return "sent";
  }
}

/**
 * Internet Control Message Protocol for IPv4 (RFC 792; RFC 1122 3.2.2, RFC 1191, RFC 1256, RFC 1812 4.3): errors about
 * datagrams, and questions between hosts.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +---------------+---------------+-------------------------------+
 *     |      type     |      code     |            checksum           |
 *     +---------------+---------------+-------------------------------+
 *     |          identifier           |        sequence number        |  echo, timestamp, address mask
 *     |     0         | quoted length |         next hop's MTU        |  destination unreachable
 *     |                        gateway address                        |  redirect
 *     |    pointer    |                       0                       |  parameter problem
 *     +---------------------------------------------------------------+
 *     |  data to return (echo), or the beginning of the datagram that caused the error
 *
 * The checksum covers all of the message. Unlike TCP's and UDP's it has no pseudo header.
 */
export * from "./icmp-header.ts";
export * from "./icmp-message.ts";
export * from "./icmp-types.ts";

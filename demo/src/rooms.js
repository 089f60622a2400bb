import { freeBetween, overlaps, span } from "./spans.js";

/** The bookings of some rooms on one day. */
export class Rooms {
  #bookings = [];
  #opening;

  constructor(opens = "08:00", closes = "18:00") {
    this.#opening = span(opens, closes);
  }

  /** Books a room, or throws when it is closed or taken. */
  book(room, from, to, people = 1) {
    const wanted = span(from, to);
    if (wanted.start < this.#opening.start || wanted.end > this.#opening.end) throw new RangeError("closed then");
    if (this.#of(room).some((booking) => overlaps(booking, wanted))) throw new Error(`${room} is taken`);
    this.#bookings.push({ room, people, ...wanted });
  }

  /** When a room is free, as texts. */
  free(room) {
    return freeBetween(this.#of(room), this.#opening);
  }

  /** The most people that are in all rooms at once. */
  busiest() {
    return Math.max(0, ...this.#bookings.map(({ start }) => this.#peopleAt(start)));
  }

  #peopleAt(minute) {
    return this.#bookings
      .filter(({ start, end }) => start <= minute && minute < end)
      .reduce((sum, { people }) => sum + people, 0);
  }

  #of(room) {
    return this.#bookings.filter((booking) => booking.room === room);
  }
}

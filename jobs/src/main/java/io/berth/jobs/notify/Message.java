package io.berth.jobs.notify;

/**
 * A notice in words, composed once for all channels.
 *
 * @param text for people: lines
 * @param json for programs: one object
 */
record Message(Notice notice, String text, String json) {

  static Message of(Notice notice) {
    return new Message(notice, Messages.text(notice), Messages.json(notice));
  }
}

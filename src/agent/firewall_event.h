// Events of the firewall: made from logged packets, folded while they repeat, and bounded in rate.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/event_text.h"
#include "engines/firewall/compile.h"
#include "engines/firewall/nft.h"
#include "engines/firewall/packet.h"
#include "engines/firewall/recon_alerts.h"
#include "host/connection_watch.h"
#include "model/event.h"

namespace warder::agent {

struct LoggedDetail {
  firewall::LogPrefix prefix;
  firewall::Packet packet;
  ByteView bytes;  // for rules with packet_data
};

/// The event of a packet. `policy` gives the rule's settings.
Event make_packet_event(const LoggedDetail& detail, const firewall::Policy& policy);
Event make_recon_event(const firewall::ReconFinding& finding, bool is_blocked, std::int64_t minutes);
Event make_recon_ended_event(const firewall::ReconAlert& alert);
Event make_connection_event(const host::ConnectionRecord& record);
/// Equal ones fold.
std::string fold_key(const LoggedDetail& detail);

/// The first of equal events goes out at once; those that follow within the window become one with a count. Above the
/// rate nothing goes out, and how many there were is told. Single-threaded.
class EventFolder {
 public:
  void set_policy(const firewall::Policy& policy);
  /// `key` empty: not folded.
  void add(Event event, const std::string& key, Timestamp now);
  /// What is to be sent now.
  std::vector<Event> take(Timestamp now);
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

 private:
  struct Open {
    Event event;  // the newest
    Timestamp end;
    std::int64_t count = 0;  // after the first
  };
  void send(Event event, Timestamp now);

  std::chrono::seconds fold_{30};
  double per_second_ = 50;
  double tokens_ = 50;
  Timestamp refilled_{};
  std::map<std::string, Open> open_;
  std::vector<Event> ready_;
  std::uint64_t dropped_ = 0;     // ever
  std::int64_t dropped_now_ = 0;  // not yet told
  Timestamp told_{};
};

}  // namespace warder::agent

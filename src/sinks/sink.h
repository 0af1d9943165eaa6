// One receiver of events: a connection, or what makes requests. Whoever owns it decides what is sent when: the
// manager's forwarder (manager/siem) and the agent's (agent/forwarder.h).
#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/result.h"
#include "formats/format.h"
#include "sinks/socket_address.h"

namespace warder::sinks {

struct RefusedEvent {
  std::size_t index = 0;  // within the span given to `send`
  std::string reason;
};

struct SinkReport {
  std::size_t taken = 0;              // from the beginning of the span: sent, or refused for good
  std::vector<RefusedEvent> refused;  // of those, the ones the receiver will never take
  std::optional<Error> error;         // why it were not all; try the rest again later
};

/// Single-threaded. After an error it makes a new connection with the next `send`.
class Sink {
 public:
  virtual ~Sink() = default;
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  /// Sends in order. Blocks at most about half a minute, less when stopped.
  virtual SinkReport send(std::span<const formats::OutgoingEvent> events, const std::stop_token& stop) = 0;
  /// How many of the last ones taken may not have arrived yet: none where the receiver acknowledges. An error says that
  /// the connection is gone and those must be sent again.
  virtual Result<std::size_t> unsettled() { return 0; }
};

/// What a sink is made of.
struct SinkOptions {
  boost::json::object settings;  // checked
  std::string secret;            // of the kind: a private key, a token
  formats::Format format = formats::Format::Json;
  formats::RenderOptions render;
  /// Whether the events' owner may send to this address; empty: anywhere.
  MayReach may_reach;
};

/// Settings of a kind; Invalid with the pointer of the place: "/settings/port: …".
template <class Settings>
Result<Settings> read_sink_settings(const boost::json::object& settings) {
  auto read = parse_json_as<Settings>(settings);
  if (!read) return fail(read.error().code, "/settings" + read.error().message);
  return read;
}

}  // namespace warder::sinks

// A rule as it is matched: what its text says, checked and put in order. Immutable once loaded.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engines/ips/address_set.h"
#include "engines/ips/app/buffers.h"
#include "engines/ips/app/conditions.h"
#include "engines/ips/app/frames.h"
#include "engines/ips/app/numbers.h"
#include "engines/ips/app/protocol.h"
#include "engines/ips/matches.h"
#include "engines/ips/packet_test.h"
#include "engines/ips/transforms.h"

namespace warder::ips {

/// In the order in which matching rules are acted on.
enum class Action : std::uint8_t { Pass, Drop, Reject, RejectDestination, RejectBoth, Alert };
std::string_view name(Action action) noexcept;

/// Where items look.
enum class Place : std::uint8_t {
  Payload,      // of the packet or the reassembled stream
  Application,  // a named buffer of a transaction
  Frame,
  Ipv4Header,
  Ipv6Header,
  TcpHeader,
  UdpHeader,
  Icmp4Header,
  Icmp6Header,
  SourceAddress,
  DestinationAddress,
};

struct BufferKey {
  Place place = Place::Payload;
  app::BufferId buffer = app::BufferId::Count;
  std::vector<Transform> transforms;
  std::optional<app::Direction> side;  // of a => rule, where the buffer has both
  app::FrameId frame = app::FrameId::Count;
  friend bool operator==(const BufferKey&, const BufferKey&) = default;
};

/// Items that look at one buffer, all of which must match in one instance of it.
struct BufferPart {
  BufferKey key;
  std::vector<MatchItem> items;
  bool may_be_absent = false;  // absent: or_else
  bool must_be_absent = false;
};

struct NumberPart {
  app::NumberId number = app::NumberId::Count;
  Comparison comparison = Comparison::equal(0);
};

struct AppEventPart {
  app::Protocol protocol = app::Protocol::Unknown;  // Unknown: an event of protocol detection
  std::uint8_t event = 0;
};

/// Digest lists and sizes of files.
struct FilePart {
  enum class Kind : std::uint8_t { Size, Md5, Sha1, Sha256 } kind = Kind::Size;
  Comparison size = Comparison::equal(0);
  std::shared_ptr<const std::vector<std::string>> digests;  // sorted, lower-case hexadecimal
  bool is_negated = false;
  std::optional<app::Direction> side;
};

struct FlowRequirement {
  bool to_server = false;
  bool to_client = false;
  bool is_established = false;
  bool is_not_established = false;
  bool is_stateless = false;
  bool only_stream = false;
  bool no_stream = false;
  bool only_fragment = false;
  bool no_fragment = false;
  bool is_present = false;
};

struct Threshold {
  enum class Kind : std::uint8_t { Limit, Threshold, Both, Backoff, Detection, Rate, Suppress } kind = Kind::Limit;
  enum class Track : std::uint8_t { Source, Destination, Both, Rule, Flow } track = Track::Source;
  std::uint32_t count = 1;
  std::uint32_t seconds = 60;
  std::uint32_t multiplier = 10;             // Backoff
  Action new_action = Action::Alert;         // Rate
  std::uint32_t timeout = 0;                 // Rate
  AddressSet addresses = AddressSet::any();  // Suppress
};

/// What a match changes, done in order.
struct Effect {
  enum class Kind : std::uint8_t {
    FlowbitSet,
    FlowbitUnset,
    FlowbitToggle,
    XbitSet,
    XbitUnset,
    XbitToggle,
    FlowintSet,
    FlowintAdd,
    FlowintSubtract,
    Bypass
  };
  Kind kind = Kind::FlowbitSet;
  std::uint32_t name = 0;
  BitTrack track = BitTrack::Source;
  std::uint32_t seconds = 0;           // xbits expire
  std::uint32_t value = 0;             // flowint
  std::optional<std::uint32_t> other;  // flowint: the value of this variable instead
};

/// Which packets the header's protocol allows.
struct HeaderProtocol {
  std::uint16_t transports = 0;        // bits by packet::Transport; 0: any IP packet
  std::uint64_t protocols = 0;         // bits by app::Protocol; 0: any or none
  std::optional<std::uint8_t> number;  // of IP, for protocols without a name
  bool is_pkthdr = false;              // decoder events: any packet, also those that are not IP
  bool only_packets = false;           // tcp-pkt
  bool only_stream = false;            // tcp-stream
  bool only_v4 = false;
  bool only_v6 = false;
  bool is_arp = false;
};

/// How a rule is run; decided from what it contains.
enum class RuleKind : std::uint8_t {
  IpOnly,        // addresses only: once per flow and direction
  ProtocolOnly,  // an application protocol and nothing else: once, when it is known
  DecodeEvent,   // events of the decoder: packets that need not be valid
  Packet,
  Frame,
  Transaction,
};

inline constexpr std::uint8_t kReads = 1;
inline constexpr std::uint8_t kSets = 2;

struct Rule {
  std::uint32_t sid = 0;
  std::uint32_t gid = 1;
  std::uint32_t rev = 0;
  std::uint8_t priority = 3;
  Action action = Action::Alert;
  std::string message;
  std::string classtype;
  std::vector<std::pair<std::string, std::string>> references;
  std::vector<std::pair<std::string, std::string>> metadata;
  std::uint32_t file = 0;  // which of the loaded files
  std::uint32_t line = 0;

  HeaderProtocol protocol;
  AddressSet sources;
  AddressSet destinations;
  PortSet source_ports;
  PortSet destination_ports;
  bool is_both_ways = false;                // <>
  bool is_transactional = false;            // =>
  std::optional<std::uint8_t> ip_protocol;  // ip_proto asks for this one
  /// Of its ports and addresses in RuleSet::headers().
  std::uint32_t header = 0;

  RuleKind kind = RuleKind::Packet;
  FlowRequirement flow;
  std::vector<std::unique_ptr<const PacketTest>> packet_tests;
  std::vector<BufferPart> parts;  // Payload and packet headers too
  std::vector<NumberPart> numbers;
  std::vector<AppEventPart> events;
  std::vector<FilePart> files;
  std::vector<std::unique_ptr<const app::Condition>> conditions;
  std::vector<Threshold> thresholds;
  std::vector<Effect> effects;
  bool is_silent = false;  // noalert
  bool needs_packet = false;
  bool needs_stream = false;
  bool has_prefilter_hint = false;
  bool has_stream_size = false;
  bool alerts_on_pass = false;        // `alert` in a pass rule
  bool has_pattern = false;           // found by a pattern in the payload
  bool has_event = false;             // decode-event and its like
  bool asks_protocol = false;         // app-layer-protocol
  bool has_packet_condition = false;  // may hold for one packet of a flow and not for the next
  std::uint8_t flowbit_use = 0;       // kReads, kSets: rules that set bits go before those that ask for them
  std::uint8_t flowint_use = 0;

  [[nodiscard]] bool needs_transaction() const noexcept {
    return !numbers.empty() || !events.empty() || !files.empty() || !conditions.empty() || has_app_part();
  }
  [[nodiscard]] bool has_app_part() const noexcept;
  [[nodiscard]] const BufferPart* payload() const noexcept;
};

}  // namespace warder::ips

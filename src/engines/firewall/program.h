// What a policy becomes: chains of steps over named sets. The nft writer turns a program into a ruleset for the kernel,
// the simulator runs the same program over a packet; neither knows of policies.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engines/firewall/spec.h"

namespace warder::firewall {

/// Connection states (linux/netfilter/nf_conntrack_common.h), as bits.
enum StateBits : std::uint8_t { kInvalid = 1, kEstablished = 2, kRelated = 4, kNew = 8, kUntracked = 16 };

struct FamilyIs {
  Family family;
};
struct EtherTypeIs {  // only in chains of the families arp and netdev
  std::uint16_t type;
};
struct ProtocolIn {
  std::vector<std::uint8_t> protocols;
  bool negated = false;
};
struct AddressIn {
  Side side;
  Family family;
  std::vector<AddressRange> ranges;  // sorted, of that family
  bool negated = false;
};
/// A set whose elements come and go while the program runs (blocked sources).
struct AddressInSet {
  Side side;
  Family family;
  std::string set;
};
struct PortIn {
  Side side;
  std::vector<PortRange> ranges;
  bool negated = false;
};
struct MacIn {
  Side side;
  std::vector<Mac> macs;
  bool negated = false;
};
struct FlagsAre {
  FlagTest test;
};
struct IcmpIn {
  Family family;
  std::vector<IcmpTest> types;
  bool negated = false;
};
struct InterfaceIs {
  Direction direction;  // incoming: the interface it came in by
  std::string pattern;
  bool negated = false;
};
struct StateIn {
  std::uint8_t states;
};
struct ConnectionMark {  // (mark & mask) == value
  std::uint32_t mask;
  std::uint32_t value;
};
struct IsReply {};    // the packet goes against its connection's direction
struct HasHelper {};  // its connection was expected by the FTP helper
struct Fragment {     // IPv4: by the header; IPv6: by the extension header. 0: any fragment
  Family family;
  std::uint16_t smaller_than = 0;  // only those with more to come and fewer bytes
};
struct PacketBytesBelow {
  std::uint16_t bytes;
};
struct RateOver {   // more than so many a second, from all; `key`: of each connection apart
  std::string set;  // empty: of all together
  std::uint32_t per_second;
};
struct ConnectionsOver {
  std::uint32_t count;
};
/// Puts the connection into a set of limited size and lifetime; no match when the set is full.
struct Remember {
  std::string set;
  Family family;
};
struct Forget {
  std::string set;
  Family family;
};

// Only in steps that observe: which packets reconnaissance is told of.
struct UrgentWithoutFlag {};  // TCP: an urgent pointer, and URG clear
struct NotSeen {              // source, destination, protocol and port are not in the set
  std::string set;
  Family family;
};
struct See {  // puts them there
  std::string set;
  Family family;
};
struct RateUnder {
  std::uint32_t per_second;
};

using Test = std::variant<FamilyIs, EtherTypeIs, ProtocolIn, AddressIn, AddressInSet, PortIn, MacIn, FlagsAre, IcmpIn,
                          InterfaceIs, StateIn, ConnectionMark, IsReply, HasHelper, Fragment, PacketBytesBelow,
                          RateOver, ConnectionsOver, Remember, Forget, UrgentWithoutFlag, NotSeen, See, RateUnder>;

/// Why a packet is let through or not: the stage that decided.
enum class Stage : std::uint8_t {
  Ignored,   // loopback, or an interface that is not looked at
  Blocked,   // the source is in the set of blocked sources
  Isolated,  // the host, or the interface, is isolated
  Always,    // the manager, DHCP, neighbour discovery …
  Check,     // an engine check
  Rule,      // a rule
  Stateful,  // part of a connection that was allowed
  Limit,     // too many connections, too fast
  Implicit,  // an allow rule of this direction is there, and none matched
  Default,   // no allow rule of this direction is there
};

/// Numbers of events, after Deep Security's firewall event codes.
enum class Code : std::uint16_t {
  None = 0,
  LogRule = 20,
  DenyRule = 21,
  OutOfConnection = 100,
  InvalidFlags = 101,
  CongestionFlags = 105,
  Fragmented = 108,
  FirstFragmentTooSmall = 110,
  MaxIncomingConnections = 114,
  MaxOutgoingConnections = 115,
  MaxHalfOpen = 116,
  UnsolicitedUdp = 121,
  UnsolicitedIcmp = 122,
  OutOfAllowedPolicy = 123,
  SynFlood = 125,
  AckStorm = 144,
  BlockedSource = 150,
  HostIsolated = 151,
  InterfaceIsolated = 152,
};
std::string_view name(Stage stage) noexcept;
/// "Out of Connection".
std::string_view title(Code code) noexcept;

enum class Verdict : std::uint8_t { Accept, Drop };

/// What is written about a packet, and by whom.
struct LogEntry {
  Code code = Code::None;
  int rule = -1;  // index into Compiled::rules
  bool packet_data = false;
  bool is_recon = false;  // no event: reconnaissance and the list of what was seen hear of it
};

struct End {
  Verdict verdict;
  Stage stage;
  Code code = Code::None;
  bool is_enforced_in_tap = false;  // isolation is an order, not a policy
};
struct GoTo {
  std::size_t chain;
};
struct Call {  // returns when that chain has no verdict
  std::size_t chain;
};
struct Return {};
struct Nothing {};  // only the tests' effects and the log
struct SetHelper {
  std::string helper;
};

/// One lookup for many rules of equal shape. Keys are in this order: protocol, source, destination, source port,
/// destination port; those that `fields` does not name are left out.
struct LookupKey {
  std::uint8_t protocol = 0;
  AddressRange source;
  AddressRange destination;
  PortRange source_port;
  PortRange destination_port;
};
struct LookupEntry {
  LookupKey key;
  int rule = -1;
  std::size_t chain = 0;
};
struct Lookup {
  bool has_source = false;
  bool has_destination = false;
  bool has_source_port = false;
  bool has_destination_port = false;
  Family family = Family::V4;  // where there are addresses
  bool is_exact = true;        // every key is one value
  std::string map;             // its name
  std::vector<LookupEntry> entries;
};

using Ending = std::variant<Nothing, End, GoTo, Call, Return, Lookup, SetHelper>;

struct Step {
  std::vector<Test> tests;  // all must hold, in this order
  int rule = -1;            // the rule that this step stands for: index into Compiled::rules
  std::optional<LogEntry> log;
  bool marks_bypass = false;  // packet and connection get the bypass mark
  bool observes = false;      // has no part in verdicts: the simulator leaves it out
  Ending ending = Nothing{};
};

enum class Hook : std::uint8_t { None, Prerouting, Input, Forward, Output, Ingress, Egress };
enum class Table : std::uint8_t { Inet, Arp, Netdev };

struct Chain {
  std::string name;
  Table table = Table::Inet;
  Hook hook = Hook::None;
  int priority = 0;
  Direction direction = Direction::Incoming;
  std::vector<std::string> devices;  // netdev
  std::vector<Step> steps;           // the end of a base chain accepts
};

/// A set that is filled while the program runs.
struct DynamicSet {
  enum class Kind : std::uint8_t { Address, Connection, Target } kind = Kind::Address;
  std::string name;
  Family family = Family::V4;
  std::uint32_t size = 65'535;
  std::uint32_t timeout_s = 0;
  struct Element {
    IpAddress address;
    std::uint32_t remaining_s = 0;
  };
  std::vector<Element> elements;
};

struct Program {
  std::vector<Chain> chains;  // base chains in the order in which a packet meets them
  std::vector<DynamicSet> sets;
  bool has_ftp_helper = false;
  bool is_tap = false;  // what would be dropped passes
};

}  // namespace warder::firewall

// warder firewall: a policy compiled, simulated and analysed without a manager and without touching this host.
#include "cli/firewall.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ostream>

#include "base/file.h"
#include "base/text.h"
#include "engines/firewall/analyse.h"
#include "engines/firewall/import.h"
#include "engines/firewall/nft.h"
#include "engines/firewall/packet_decoded.h"
#include "engines/firewall/simulator.h"
#include "packet/capture_file.h"
#include "packet/decode.h"

namespace warder::cli {
namespace {

constexpr std::size_t kMaxPolicyBytes = 64 << 20;
constexpr std::size_t kMaxCaptureBytes = std::size_t{1} << 30;
constexpr std::size_t kMaxFrames = 10'000'000;

struct FirewallArguments {
  std::string policy;
  std::string time;
  std::vector<std::string> managers;
  std::vector<std::string> interfaces;
  bool is_isolated = false;
  bool is_manager_unreachable = false;
  bool is_nft = false;
  std::vector<std::string> packets;
  std::string capture;
  std::string format = "auto";
  bool is_explained = false;
};
using Shared = std::shared_ptr<FirewallArguments>;

Result<firewall::Conditions> conditions_of(Session& session, const FirewallArguments& arguments) {
  firewall::Conditions conditions;
  conditions.now =
      arguments.time.empty() ? session.environment().now() : WD_TRY(parse_rfc3339(arguments.time).in("--time"));
  conditions.is_isolated = arguments.is_isolated;
  conditions.is_manager_reachable = !arguments.is_manager_unreachable;
  for (const std::string& text : arguments.managers) {
    const HostPort endpoint = WD_TRY(parse_host_port(text).in("--manager"));
    conditions.manager.push_back({WD_TRY(parse_ip(endpoint.host).in("--manager")), endpoint.port});
  }
  for (const std::string& text : arguments.interfaces) {
    const auto equals = text.find('=');
    firewall::Interface interface {
      text.substr(0, equals), true, {}
    };
    WD_TRY(firewall::check_interface_pattern(interface.name).in("--interface"));
    if (equals != std::string::npos)
      for (const std::string_view part : split(std::string_view(text).substr(equals + 1), ','))
        interface.addresses.push_back(WD_TRY(parse_ip(part).in("--interface")));
    conditions.interfaces.push_back(std::move(interface));
  }
  return conditions;
}

Result<std::shared_ptr<const firewall::Compiled>> load(Session& session, const FirewallArguments& arguments) {
  const std::string text = WD_TRY(read_file(arguments.policy, kMaxPolicyBytes));
  const firewall::Policy policy = WD_TRY(firewall::parse_policy_text(text).in(arguments.policy));
  return firewall::compile(policy, WD_TRY(conditions_of(session, arguments))).in(arguments.policy);
}

json::array effective_order(const firewall::Compiled& compiled) {
  json::array out;
  for (const std::size_t index : compiled.order) {
    const firewall::RuleSpec& rule = compiled.rules[index];
    out.push_back(json::object{{"rule", rule.id},
                               {"direction", name(rule.direction)},
                               {"priority", rule.priority},
                               {"action", name(rule.action)}});
  }
  return out;
}

Result<ExitCode> compile_policy(Session& session, const Shared& arguments) {
  const auto compiled = WD_TRY(load(session, *arguments));
  if (arguments->is_nft) {
    session.environment().out << firewall::nft_text(*compiled);
    return ExitCode::Ok;
  }
  json::object out = firewall::nft_json(*compiled);
  out["warder"] = json::object{{"mode", compiled->policy.mode}, {"order", effective_order(*compiled)}};
  session.environment().out << (session.is_json() ? json::serialize(out) : pretty_json(out)) << "\n";
  return ExitCode::Ok;
}

/// Packets of the command line, a millisecond apart.
Result<std::vector<firewall::Packet>> given_packets(const FirewallArguments& arguments, Timestamp now) {
  std::vector<firewall::Packet> packets;
  for (const std::string& text : arguments.packets) {
    packets.push_back(WD_TRY(firewall::parse_packet(text).in("--packet")));
    packets.back().time = now;
    now += std::chrono::milliseconds{1};
  }
  return packets;
}

/// Which addresses are this host's: those of --interface, or else the one that most packets come from or go to.
std::vector<IpAddress> host_addresses(const firewall::Conditions& conditions,
                                      const std::vector<firewall::Packet>& packets) {
  std::vector<IpAddress> addresses;
  for (const firewall::Interface& interface : conditions.interfaces)
    addresses.insert(addresses.end(), interface.addresses.begin(), interface.addresses.end());
  if (!addresses.empty()) return addresses;
  std::map<IpAddress, std::size_t> ends;
  for (const firewall::Packet& packet : packets) {
    if (!packet.is_ip()) continue;
    ++ends[packet.tuple.source];
    ++ends[packet.tuple.destination];
  }
  const auto most =
      std::max_element(ends.begin(), ends.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most != ends.end()) addresses.push_back(most->first);
  return addresses;
}

Result<std::vector<firewall::Packet>> captured_packets(const std::string& file,
                                                       const firewall::Conditions& conditions) {
  const std::string bytes = WD_TRY(read_file(file, kMaxCaptureBytes));
  auto reader = WD_TRY(packet::CaptureReader::open(as_bytes(bytes)).in(file));
  packet::Decoder decoder({.enter_tunnels = false});
  std::vector<firewall::Packet> packets;
  while (const auto frame = WD_TRY(reader.next().in(file))) {
    // Rules see whole packets: a fragment is looked at alone, and again when it completes one.
    for (const packet::Packet& decoded : decoder.decode(*frame))
      if (auto packet = firewall::from_decoded(decoded, firewall::Direction::Incoming))
        packets.push_back(std::move(*packet));
    if (packets.size() > kMaxFrames) return fail(ErrorCode::TooLarge, file + ": more than ten million packets");
  }
  const auto here = host_addresses(conditions, packets);
  for (firewall::Packet& packet : packets) {
    const bool is_from_here = std::find(here.begin(), here.end(), packet.tuple.source) != here.end();
    if (is_from_here) packet.direction = firewall::Direction::Outgoing;
    if (conditions.interfaces.size() == 1) packet.interface = conditions.interfaces.front().name;
  }
  return packets;
}

void print_decision(Session& session, const firewall::Compiled& compiled, const firewall::Packet& packet,
                    const firewall::Decision& decision, bool is_explained) {
  std::ostream& out = session.environment().out;
  out << firewall::text(packet) << "\n  " << firewall::text(decision, compiled) << "\n";
  if (!is_explained) return;
  for (const std::size_t index : compiled.order) {
    const firewall::RuleSpec& rule = compiled.rules[index];
    if (rule.direction != packet.direction) continue;
    const std::string why = firewall::mismatch(rule, packet);
    out << "    " << rule.id << ": " << (why.empty() ? "matches" : why) << "\n";
  }
}

Result<ExitCode> simulate(Session& session, const Shared& arguments) {
  const auto compiled = WD_TRY(load(session, *arguments));
  if (arguments->packets.empty() == arguments->capture.empty())
    return fail(ErrorCode::Invalid, "give --packet or --pcap");
  const auto packets = arguments->capture.empty() ? WD_TRY(given_packets(*arguments, compiled->conditions.now))
                                                  : WD_TRY(captured_packets(arguments->capture, compiled->conditions));
  firewall::Simulator simulator(compiled);
  json::array results;
  std::int64_t dropped = 0;
  for (const firewall::Packet& packet : packets) {
    const firewall::Decision decision = simulator.decide(packet);
    if (decision.verdict == firewall::Verdict::Drop) ++dropped;
    if (session.is_json()) {
      results.push_back(to_json(decision, packet, *compiled, arguments->is_explained));
    } else {
      print_decision(session, *compiled, packet, decision, arguments->is_explained);
    }
  }
  const auto total = static_cast<std::int64_t>(packets.size());
  if (session.is_json()) {
    session.environment().out << json::serialize(json::object{{"mode", compiled->policy.mode},
                                                              {"packets", std::move(results)},
                                                              {"accepted", total - dropped},
                                                              {"dropped", dropped}})
                              << "\n";
  } else if (!arguments->capture.empty()) {
    print_note(session, fmt::format("{} packets accepted, {} dropped", total - dropped, dropped));
  }
  return ExitCode::Ok;
}

Result<ExitCode> import_policy(Session& session, const Shared& arguments) {
  const std::string text = WD_TRY(read_file(arguments->policy, firewall::kMaxImportBytes));
  const auto format = WD_TRY(firewall::parse_import_format(arguments->format).in("--from"));
  const firewall::Imported imported = WD_TRY(firewall::import_rules(text, format).in(arguments->policy));
  if (session.is_json()) {
    session.environment().out << json::serialize(to_json(imported)) << "\n";
  } else {
    session.environment().out << pretty_json(to_json(imported.policy)) << "\n";
    for (const firewall::ImportNote& note : imported.notes)
      print_note(session, fmt::format("{}: {}: {}", name(note.effect), note.place, printable(note.text)));
    print_note(session, fmt::format("{} of {} rules carried over", imported.rules_carried, imported.rules_read));
  }
  const bool is_whole =
      std::none_of(imported.notes.begin(), imported.notes.end(),
                   [](const firewall::ImportNote& note) { return note.effect == firewall::ImportEffect::Lost; });
  return is_whole ? ExitCode::Ok : ExitCode::Findings;
}

Result<ExitCode> analyse_policy(Session& session, const Shared& arguments) {
  const auto compiled = WD_TRY(load(session, *arguments));
  const auto findings = firewall::analyse(*compiled);
  if (session.is_json()) {
    json::array list;
    for (const auto& finding : findings) list.push_back(to_json(finding));
    session.environment().out << json::serialize(json::object{{"rules", compiled->order.size()},
                                                              {"order", effective_order(*compiled)},
                                                              {"findings", std::move(list)}})
                              << "\n";
  } else {
    for (const auto& finding : findings)
      session.environment().out << firewall::name(finding.problem) << ": " << printable(finding.text) << "\n";
    print_note(session, fmt::format("{} rules in force, {} findings", compiled->order.size(), findings.size()));
  }
  return findings.empty() ? ExitCode::Ok : ExitCode::Findings;
}

void add_conditions(CLI::App& command, const Shared& arguments) {
  command.add_option("policy", arguments->policy, "Policy in JSON or YAML: a section \"firewall\" or what it contains")
      ->required();
  command.add_option("--time", arguments->time, "The moment schedules are looked at, RFC 3339; now");
  command.add_option("--manager", arguments->managers, "ADDRESS:PORT of the manager; its link is protected");
  command.add_option("--interface", arguments->interfaces, "NAME or NAME=ADDRESS,… of an interface that is up");
  command.add_flag("--manager-unreachable", arguments->is_manager_unreachable, "For contexts: the manager is away");
  command.add_flag("--isolated", arguments->is_isolated, "The host is isolated");
}

}  // namespace

void add_firewall(Tree& tree) {
  const auto arguments = std::make_shared<FirewallArguments>();
  CLI::App& group = add_group(tree, "firewall", "Firewall policies in files, and what the firewalls of hosts do now");
  CLI::App& compile =
      add(tree, group, "compile", "Print the nftables ruleset: JSON for nft -j", arguments, compile_policy);
  add_conditions(compile, arguments);
  compile.add_flag("--nft", arguments->is_nft, "The language of nft instead of JSON");
  CLI::App& simulate_command =
      add(tree, group, "simulate", "Say what becomes of packets, and which rule decides", arguments, simulate);
  add_conditions(simulate_command, arguments);
  simulate_command
      .add_option("--packet", arguments->packets,
                  "A packet, \"in tcp 203.0.113.9:50000 > 192.0.2.10:443 flags=syn\"; several make a conversation")
      ->allow_extra_args(false);
  simulate_command.add_option("--pcap", arguments->capture,
                              "A capture file; this host is the addresses of --interface, or the busiest one");
  simulate_command.add_flag("--explain", arguments->is_explained, "Say of every rule why it does not match");
  add_conditions(
      add(tree, group, "analyse", "Find shadowed, redundant, contradictory rules", arguments, analyse_policy),
      arguments);
  CLI::App& import = add(tree, group, "import", "Turn another firewall's rules into a policy, and say what is lost",
                         arguments, import_policy);
  import
      .add_option(
          "file", arguments->policy,
          "Deep Security's rules (JSON), iptables-save, nft list ruleset (text or JSON), or AWS security groups (JSON)")
      ->required();
  import.add_option("--from", arguments->format, "auto, deep-security, iptables, nft, aws")->capture_default_str();
  add_firewall_hosts(tree, group);
}

}  // namespace warder::cli

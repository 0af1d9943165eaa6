#include "engines/firewall/recon.h"

#include <algorithm>

namespace warder::firewall {
namespace {

constexpr std::uint8_t kSixFlags = kFin | kSyn | kRst | kPsh | kAck | kUrg;
/// A scan is one-sided: many ports of few addresses, or few ports of many. Clients of many services on many addresses
/// are not (the ratio of TAPS, Sridharan and Ye, 2006).
constexpr std::size_t kRatio = 3;
constexpr std::uint16_t kFirstEphemeral = 32'768;  // net.ipv4.ip_local_port_range

std::vector<AddressRange> ranges_of(const std::vector<std::string>& texts) {
  std::vector<AddressRange> out;
  for (const std::string& text : texts)
    if (const auto range = parse_address_range(text)) out.push_back(*range);
  return out;
}

bool contains(const std::vector<AddressRange>& ranges, const IpAddress& address) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const AddressRange& range) { return range.contains(address); });
}

/// A server's answer that came after its question was forgotten looks like a new packet to a high port.
bool is_late_answer(const Packet& packet) {
  return packet.tuple.protocol == kUdp && packet.tuple.source_port < 1024 &&
         packet.tuple.destination_port >= kFirstEphemeral;
}

}  // namespace

std::string_view name(Recon kind) noexcept {
  switch (kind) {
    case Recon::PortScan:
      return "port-scan";
    case Recon::NetworkScan:
      return "network-scan";
    case Recon::Fingerprint:
      return "fingerprint";
    case Recon::Null:
      return "null";
    case Recon::Xmas:
      return "xmas";
    case Recon::SynFin:
      return "syn-fin";
  }
  return "";
}

std::size_t ReconDetector::Hash::operator()(const IpAddress& address) const noexcept {
  const auto& bytes = address.bytes();
  return std::hash<std::string_view>()(as_text(bytes));
}

ReconDetector::ReconDetector(const Policy& policy, ReconLimits limits) : limits_(limits) {
  set_policy(policy);
}

void ReconDetector::set_policy(const Policy& policy) {
  scan_ = policy.recon_scan;
  fingerprint_ = policy.recon_fingerprint;
  null_ = policy.recon_null;
  xmas_ = policy.recon_xmas;
  syn_fin_ = policy.recon_syn_fin;
  fast_targets_ = static_cast<std::size_t>(policy.recon_fast_targets);
  slow_targets_ = static_cast<std::size_t>(policy.recon_slow_targets);
  fast_window_ = std::chrono::seconds{policy.recon_fast_window_s};
  slow_window_ = std::chrono::seconds{policy.recon_slow_window_s};
  only_ = ranges_of(policy.recon_only);
  except_ = ranges_of(policy.recon_except);
}

bool ReconDetector::is_exempt(const IpAddress& source) const {
  if (source.is_loopback() || contains(except_, source)) return true;
  return !only_.empty() && !contains(only_, source);
}

const std::string& ReconDetector::reaction(Recon kind) const {
  switch (kind) {
    case Recon::PortScan:
    case Recon::NetworkScan:
      return scan_;
    case Recon::Fingerprint:
      return fingerprint_;
    case Recon::Null:
      return null_;
    case Recon::Xmas:
      return xmas_;
    case Recon::SynFin:
      return syn_fin_;
  }
  return scan_;
}

/// Which probe a packet is; those of operating systems are of nmap's and similar ones' second generation.
std::optional<Recon> ReconDetector::probe(const Packet& packet) const {
  if (packet.tuple.protocol == kIcmp && packet.icmp_type == 8 && packet.icmp_code != 0) return Recon::Fingerprint;
  if (packet.tuple.protocol != kTcp || !packet.has_transport) return std::nullopt;
  const int flags = packet.tcp_flags & kSixFlags;
  if (flags == 0) return Recon::Null;
  if (flags == (kFin | kPsh | kUrg)) return Recon::Xmas;
  if (flags == (kSyn | kFin | kUrg | kPsh)) return Recon::Fingerprint;
  if ((flags & (kSyn | kFin)) == (kSyn | kFin)) return Recon::SynFin;
  if ((flags & (kSyn | kAck)) == kSyn && packet.has_stray_urgent) return Recon::Fingerprint;
  return std::nullopt;
}

std::optional<ReconFinding> ReconDetector::inspect(const Packet& packet) {
  if (packet.direction != Direction::Incoming || !packet.is_ip() || is_exempt(packet.tuple.source)) return std::nullopt;
  const auto kind = probe(packet);
  if (kind && reaction(*kind) != "off") {
    Source& source = source_of(packet.tuple.source);
    if (auto found = finding(*kind, packet, source)) return found;
  }
  const bool has_port = packet.tuple.protocol == kTcp || packet.tuple.protocol == kUdp;
  if (scan_ == "off" || !has_port || !packet.has_transport || is_late_answer(packet)) return std::nullopt;
  return scan(packet, source_of(packet.tuple.source));
}

std::optional<ReconFinding> ReconDetector::finding(Recon kind, const Packet& packet, Source& source) {
  const auto told = source.told.find(kind);
  if (told != source.told.end() && packet.time < told->second + limits_.repeat) return std::nullopt;
  source.told[kind] = packet.time;
  ReconFinding out;
  out.kind = kind;
  out.source = packet.tuple.source;
  out.destination = packet.tuple.destination;
  out.is_blocked = reaction(kind) == "block";
  return out;
}

std::optional<ReconFinding> ReconDetector::scan(const Packet& packet, Source& source) {
  const Target target{packet.tuple.destination, packet.tuple.protocol, packet.tuple.destination_port};
  targets_ -= source.targets.size();
  std::erase_if(source.targets, [&](const auto& each) { return each.second + slow_window_ < packet.time; });
  const std::size_t most = std::max({fast_targets_, slow_targets_, std::size_t{2}}) * 2;
  if (source.targets.size() < most || source.targets.contains(target)) source.targets[target] = packet.time;
  targets_ += source.targets.size();
  std::set<IpAddress> addresses;
  std::set<std::pair<std::uint8_t, std::uint16_t>> ports;
  const auto count = [&](std::chrono::seconds window) {
    addresses.clear();
    ports.clear();
    std::size_t targets = 0;
    for (const auto& [tried, time] : source.targets) {
      if (time + window < packet.time) continue;
      ++targets;
      addresses.insert(tried.address);
      ports.emplace(tried.protocol, tried.port);
    }
    return targets;
  };
  const bool is_fast = count(fast_window_) >= fast_targets_;
  if (!is_fast && (source.targets.size() < slow_targets_ || count(slow_window_) < slow_targets_)) return std::nullopt;
  if (std::max(addresses.size(), ports.size()) < kRatio * std::min(addresses.size(), ports.size())) return std::nullopt;
  const Recon kind = addresses.size() > ports.size() ? Recon::NetworkScan : Recon::PortScan;
  auto found = finding(kind, packet, source);
  if (!found) return found;
  found->is_slow = !is_fast;
  found->addresses = static_cast<std::uint32_t>(addresses.size());
  found->ports = static_cast<std::uint32_t>(ports.size());
  return found;
}

ReconDetector::Source& ReconDetector::source_of(const IpAddress& address) {
  while (sources_.size() >= limits_.sources || targets_ >= limits_.targets) {
    if (ages_.empty()) break;
    forget_oldest();
  }
  const auto [at, is_new] = sources_.try_emplace(address);
  if (!is_new) ages_.erase(at->second.age);
  at->second.age = ages_.insert(ages_.end(), address);
  return at->second;
}

void ReconDetector::forget_oldest() {
  const auto at = sources_.find(ages_.front());
  targets_ -= at->second.targets.size();
  sources_.erase(at);
  ages_.pop_front();
}

}  // namespace warder::firewall

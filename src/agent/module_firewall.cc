#include "agent/module_firewall.h"

#include <ifaddrs.h>
#include <linux/capability.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <map>
#include <mutex>

#include "agent/firewall_event.h"
#include "agent/firewall_keeper.h"
#include "agent/firewall_sockets.h"
#include "base/file.h"
#include "base/json.h"
#include "base/random.h"
#include "engines/firewall/packet_decoded.h"
#include "engines/firewall/propose.h"
#include "host/linux/connection_watch.h"
#include "host/linux/filter_watch.h"
#include "host/linux/linux_host.h"
#include "host/linux/nft_filter.h"
#include "host/linux/packet_log.h"
#include "host/linux/process_link.h"
#include "model/kernel_names.h"
#include "packet/decode.h"

namespace warder::agent {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTick{1000};
constexpr std::chrono::seconds kLookAtInterfaces{2};
constexpr milliseconds kLookAtLink{5000};
constexpr std::uint32_t kCopyBytes = 256;
constexpr std::uint32_t kCopyBytesWithData = 1200;
constexpr std::string_view kSeenFile = "seen.json";
constexpr std::chrono::seconds kSaveSeen{300};
constexpr std::size_t kMaxSeenBytes = 32 << 20;

std::vector<firewall::Interface> read_interfaces() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  std::map<std::string, firewall::Interface> found;
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    firewall::Interface& interface = found[each->ifa_name];
    interface.name = each->ifa_name;
    interface.is_up = (each->ifa_flags & IFF_UP) != 0 && (each->ifa_flags & IFF_RUNNING) != 0;
    if (each->ifa_addr == nullptr) continue;
    if (each->ifa_addr->sa_family == AF_INET) {
      sockaddr_in address{};
      std::memcpy(&address, each->ifa_addr, sizeof address);
      interface.addresses.push_back(IpAddress::v4(ntohl(address.sin_addr.s_addr)));
    } else if (each->ifa_addr->sa_family == AF_INET6) {
      sockaddr_in6 address{};
      std::memcpy(&address, each->ifa_addr, sizeof address);
      std::array<std::uint8_t, 16> bytes{};
      std::memcpy(bytes.data(), &address.sin6_addr, bytes.size());
      interface.addresses.push_back(IpAddress::v6(bytes));
    }
  }
  ::freeifaddrs(list);
  std::vector<firewall::Interface> out;
  for (auto& [name, interface] : found)
    if (name != "lo") out.push_back(std::move(interface));
  return out;
}

class FirewallModule final : public Module {
 public:
  explicit FirewallModule(ModuleContext& context)
      : context_(context),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        filter_(host::make_nft_filter()),
        keeper_(*filter_, context.log, context.state_directory),
        recon_(firewall::Policy{}),
        owners_(host::make_linux_facts(), host::make_linux_process_table()),
        decoder_({.defragment = false, .enter_tunnels = false}),
        ids_(fill_random) {
    const std::lock_guard lock(mutex_);
    keeper_.start(moment());
    keeper_.set_interfaces(read_interfaces(), moment());
    if (const auto text = read_file(context.state_directory / kSeenFile, kMaxSeenBytes)) seen_.load(*text);
  }

  Result<void> configure(const json::object& section) override { return set_section(section, false); }

  Result<void> run(std::stop_token stop) override {
    auto worked = work_until(stop);
    if (!stop.stop_requested()) return worked;  // the rules outlive a failure
    const std::lock_guard lock(mutex_);
    save_seen();
    return keeper_.remove();
  }

  Result<json::object> execute(std::string_view name, const json::object& arguments) override {
    const std::lock_guard lock(mutex_);
    auto done = execute_locked(name, arguments);
    wake();
    return done;
  }

  [[nodiscard]] ModuleStatus status() const override {
    const std::lock_guard lock(mutex_);
    ModuleStatus out = keeper_.status();
    if (log_) out.counters["packets_logged"] = log_->counters().packets;
    if (log_) out.counters["packets_lost"] = log_->counters().lost;
    out.counters["events_dropped"] = folder_.dropped();
    out.counters["scans"] = scans_;
    out.counters["scan_alerts"] = alerts_.open();
    return out;
  }

 private:
  [[nodiscard]] FirewallMoment moment() const {
    const Timestamp now = context_.clock.now();
    const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    std::tm local{};
    ::localtime_r(&seconds, &local);
    return {now, context_.clock.steady_now(), std::chrono::seconds{local.tm_gmtoff}};
  }

  Result<void> work_until(const std::stop_token& stop) {
    const std::stop_callback on_stop(stop, [this] { wake(); });
    while (!stop.stop_requested()) {
      WD_TRY(work_once());
      WD_TRY(send_events());
      wait();
    }
    return {};
  }

  Result<void> set_section(const json::object& section, bool is_forced) {
    const std::lock_guard lock(mutex_);
    const FirewallMoment now = moment();
    keeper_.set_interfaces(read_interfaces(), now);
    next_link_ = {};
    look_at_link(now);
    next_link_ = {};
    WD_TRY(keeper_.set_section(section, now, is_forced));
    section_ = section;
    recon_.set_policy(keeper_.policy());
    folder_.set_policy(keeper_.policy());
    open_sources();  // now: the caller may count on the first packet being told
    wake();
    return {};
  }

  Result<json::object> execute_locked(std::string_view name, const json::object& arguments) {
    const FirewallMoment now = moment();
    if (name == "isolate") {
      std::vector<std::string> allow;
      if (const auto list = get_array(arguments, "allow"))
        for (const json::value& each : **list)
          if (each.is_string()) allow.emplace_back(each.get_string());
      WD_TRY(keeper_.isolate(std::move(allow), get_int(arguments, "minutes").value_or(0), now));
    } else if (name == "release") {
      WD_TRY(keeper_.release(now));
    } else if (name == "unblock") {
      const auto address = WD_TRY(parse_ip(WD_TRY(get_string(arguments, "address"))).in("/address"));
      if (!WD_TRY(keeper_.unblock(address, now))) return fail(ErrorCode::NotFound, "that address is not blocked");
    } else if (name == "retry") {
      WD_TRY(keeper_.set_section(section_, now, true));
    } else if (name == "self-test") {
      const ModuleStatus status = keeper_.status();
      if (status.condition == ModuleCondition::Degraded)
        return fail(ErrorCode::Unavailable, "firewall: " + status.reason);
    } else if (name == "seen" || name == "propose") {
      const auto listening = host::make_linux_facts()->listening_sockets();
      std::vector<firewall::Service> services;
      if (listening)
        for (const auto& socket : *listening)
          services.push_back({socket.protocol == host::SocketProtocol::Tcp ? firewall::kTcp : firewall::kUdp,
                              socket.port, socket.executable, socket.address.is_loopback()});
      return name == "seen" ? seen_.view(services, now.wall)
                            : seen_.propose(services, now.wall, get_int(arguments, "days").value_or(30));
    } else if (name != "status") {
      return fail(ErrorCode::NotFound, "firewall: no such command: " + std::string(name));
    }
    json::object out = keeper_.describe(now);
    out["alerts"] = alerts_.view();
    return out;
  }

  Result<void> work_once() {
    const std::lock_guard lock(mutex_);
    const FirewallMoment now = moment();
    if (now.steady >= next_look_) {
      next_look_ = now.steady + kLookAtInterfaces;
      keeper_.set_interfaces(read_interfaces(), now);
    }
    look_at_link(now);
    keeper_.tick(now);
    open_sources();
    if (watch_) {
      const auto touched = watch_->take();
      if (!touched || *touched) keeper_.on_touched(now);
    }
    WD_TRY(take_logged(now));
    WD_TRY(take_recon(now));
    for (const firewall::ReconAlert& alert : alerts_.take_ended(now.wall))
      folder_.add(make_recon_ended_event(alert), "", now.wall);
    take_connections(now);
    if (now.steady >= next_save_) {
      next_save_ = now.steady + kSaveSeen;
      save_seen();
    }
    return {};
  }

  /// The supervisor, our parent, has one connection: that to the manager.
  void look_at_link(const FirewallMoment& now) {
    if (now.steady < next_link_) return;
    next_link_ = now.steady + (keeper_.awaits_manager() ? kTick : kLookAtLink);
    const auto links = host::tcp_links_of(::getppid());
    if (!links) return;
    ManagerLink link;
    for (const host::TcpLink& each : *links) {
      link.addresses.push_back(HostPort{each.peer.text(), each.port}.text());
      if (!each.is_established) continue;
      link.is_connected = true;
      link.heard = std::max(link.heard, now.steady - std::min<milliseconds>(each.silence, std::chrono::hours{24}));
    }
    keeper_.set_link(link, now);
  }

  /// The kernel is listened to only while something of ours is in force.
  void open_sources() {
    if (!keeper_.is_installed()) {
      watch_.reset();
      log_.reset();
      recon_log_.reset();
      connections_.reset();
      return;
    }
    const bool wants_data = std::any_of(keeper_.policy().rules.begin(), keeper_.policy().rules.end(),
                                        [](const firewall::Rule& rule) { return rule.packet_data; });
    if (log_ && wants_data != has_data_) log_.reset();
    has_data_ = wants_data;
    const auto keep = [this](auto& place, auto opened, std::string_view what) {
      if (opened) {
        place = std::move(*opened);
      } else if (std::exchange(said_[std::string(what)], true) == false) {
        context_.log.warning("firewall.source.unavailable", opened.error().message, {{"source", std::string(what)}});
      }
    };
    if (!watch_) {
      keep(watch_, host::open_filter_watch(), "notifications");
      keeper_.on_touched(moment());  // what happened before we listened
    }
    if (!log_) {
      host::PacketLogOptions options;
      options.group = kernel::kNflogGroup;
      options.copy_bytes = wants_data ? kCopyBytesWithData : kCopyBytes;
      keep(log_, host::open_packet_log(options), "packet log");
    }
    if (!recon_log_) {
      host::PacketLogOptions options;
      options.group = kernel::kNflogGroup + 1;
      keep(recon_log_, host::open_packet_log(options), "reconnaissance");
    }
    if (!keeper_.policy().connection_records) {
      connections_.reset();
    } else if (!connections_) {
      keep(connections_, host::open_connection_watch(), "connections");
    }
  }

  std::optional<firewall::Packet> decode(const host::LoggedPacket& logged) {
    packet::Frame frame;
    frame.time = logged.time;
    frame.bytes = logged.bytes;
    frame.link = packet::LinkType::Raw;
    frame.wire_length = static_cast<std::uint32_t>(logged.bytes.size());
    const bool is_out = logged.hook == host::PacketHook::Out;
    const auto decoded = decoder_.decode(frame);
    if (decoded.empty()) return std::nullopt;
    auto out =
        firewall::from_decoded(decoded.front(), is_out ? firewall::Direction::Outgoing : firewall::Direction::Incoming);
    if (!out) return out;
    out->is_forwarded = logged.hook == host::PacketHook::Forward;
    out->bytes = std::max(out->bytes, ip_length(logged.bytes));
    std::array<char, IF_NAMESIZE> name{};
    const std::uint32_t index = is_out ? logged.out_interface : logged.in_interface;
    if (index != 0 && ::if_indextoname(index, name.data()) != nullptr) out->interface = name.data();
    if (logged.mac.size() == 6) {
      out->source_mac.emplace();
      std::copy(logged.mac.begin(), logged.mac.end(), out->source_mac->begin());
    }
    return out;
  }

  /// As the header says: the packet may have been cut.
  static std::uint32_t ip_length(ByteView bytes) {
    if (bytes.size() < 20) return 0;
    const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(bytes[i]); };
    return bytes[0] >> 4 == 4 ? at(2) << 8 | at(3) : 40 + (at(4) << 8 | at(5));
  }

  Result<void> take_logged(const FirewallMoment& now) {
    while (log_) {
      const auto packets = WD_TRY(log_->take());
      if (packets.empty()) return {};
      for (const host::LoggedPacket& logged : packets) {
        const auto prefix = firewall::parse_log_prefix(logged.prefix);
        const auto packet = prefix ? decode(logged) : std::nullopt;
        if (!packet) continue;
        const LoggedDetail detail{*prefix, *packet, logged.bytes};
        Event event = make_packet_event(detail, keeper_.policy());
        owners_.describe(event, *packet, logged.uid, now.steady);
        folder_.add(std::move(event), fold_key(detail), now.wall);
      }
    }
    return {};
  }

  Result<void> take_recon(const FirewallMoment& now) {
    while (recon_log_) {
      const auto packets = WD_TRY(recon_log_->take());
      if (packets.empty()) return {};
      for (const host::LoggedPacket& logged : packets) {
        const auto packet = decode(logged);
        if (!packet) continue;
        seen_.note(*packet);
        const auto finding = recon_.inspect(*packet);
        if (!finding) continue;
        ++scans_;
        bool is_blocked = false;
        if (finding->is_blocked) {
          const auto done = keeper_.block(finding->source, now);
          is_blocked = done && *done;
        }
        alerts_.note(*finding, now.wall, std::chrono::minutes{keeper_.policy().recon_alert_min});
        folder_.add(make_recon_event(*finding, is_blocked, keeper_.policy().recon_block_min), "", now.wall);
      }
    }
    return {};
  }

  void take_connections(const FirewallMoment& now) {
    while (connections_) {
      const auto records = connections_->take();
      if (!records || records->empty()) return;
      for (const host::ConnectionRecord& record : *records) {
        if (record.source.is_loopback()) continue;
        folder_.add(make_connection_event(record), "", now.wall);
      }
    }
  }

  Result<void> send_events() {
    std::vector<Event> events;
    {
      const std::lock_guard lock(mutex_);
      const Timestamp now = context_.clock.now();
      events = keeper_.take_events();
      for (Event& event : events) event.time = now;
      for (Event& event : folder_.take(now)) events.push_back(std::move(event));
      for (Event& event : events) event.id = EventId{ids_.next(now)};
    }
    return context_.events.emit(events);
  }

  void save_seen() {
    if (!seen_.is_changed()) return;
    static_cast<void>(write_file_atomically(context_.state_directory / kSeenFile, seen_.save()));
  }

  void wait() {
    std::vector<pollfd> watched{{wake_.get(), POLLIN, 0}};
    std::unique_lock lock(mutex_);
    if (watch_) watched.push_back({watch_->fd(), POLLIN, 0});
    if (log_) watched.push_back({log_->fd(), POLLIN, 0});
    if (recon_log_) watched.push_back({recon_log_->fd(), POLLIN, 0});
    if (connections_) watched.push_back({connections_->fd(), POLLIN, 0});
    lock.unlock();  // a source that configure() closes meanwhile only ends the wait: it also wakes
    if (::poll(watched.data(), watched.size(), static_cast<int>(kTick.count())) <= 0) return;
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t drained = ::read(wake_.get(), &count, sizeof count);
  }

  void wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
  }

  ModuleContext& context_;
  UniqueFd wake_;
  std::unique_ptr<host::PacketFilter> filter_;
  mutable std::mutex mutex_;  // guards all below
  FirewallKeeper keeper_;
  json::object section_;
  EventFolder folder_;
  firewall::ReconDetector recon_;
  firewall::ReconAlerts alerts_;
  firewall::Seen seen_;
  SocketOwners owners_;
  packet::Decoder decoder_;
  UuidGenerator ids_;
  std::unique_ptr<host::FilterWatch> watch_;
  std::unique_ptr<host::PacketLog> log_;
  std::unique_ptr<host::PacketLog> recon_log_;
  std::unique_ptr<host::ConnectionWatch> connections_;
  std::map<std::string, bool> said_;
  bool has_data_ = false;
  std::uint64_t scans_ = 0;
  std::chrono::steady_clock::time_point next_look_{};
  std::chrono::steady_clock::time_point next_link_{};
  std::chrono::steady_clock::time_point next_save_{};
};

}  // namespace

ModuleDescription firewall_module() {
  ModuleDescription description{
      "firewall",
      ModuleKind::Firewall,
      {
          CAP_NET_ADMIN,        // rules, logged packets, conntrack
          CAP_DAC_READ_SEARCH,  // whose sockets listen
          CAP_SYS_PTRACE,       // the same, and which connection is the agent's own to its manager
      },
      [](ModuleContext& context) { return std::make_unique<FirewallModule>(context); },
  };
  description.may_run_programs = true;    // nft, which stays in the sandbox
  description.inspects_processes = true;  // whose sockets these are, and the agent's own connection
  return description;
}

Result<void> restore_firewall(const std::filesystem::path& state_directory) {
  const auto rules = WD_TRY(read_file(state_directory / kLastGoodRules, std::size_t{256} << 20));
  const auto ruleset = host::make_nft_filter();
  return ruleset->apply_text(rules);
}

}  // namespace warder::agent

// Keeps the right ruleset in the kernel: puts policies into force, takes back those that cut the manager off, repairs
// what others change, follows schedules, places and isolation, and leaves nothing behind.
#pragma once

#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/module.h"
#include "engines/firewall/compile.h"
#include "host/packet_filter.h"

namespace warder::agent {

/// What the keeper reads and writes in its directory; the restore program reads the first.
inline constexpr std::string_view kLastGoodRules = "last-good.nft";
inline constexpr std::string_view kLastGoodSection = "last-good.json";

struct FirewallMoment {
  Timestamp wall;
  std::chrono::steady_clock::time_point steady;
  std::chrono::seconds utc_offset{0};
};

/// The stream to the manager as far as the kernel tells.
struct ManagerLink {
  bool is_connected = false;
  std::vector<std::string>
      addresses;  // "192.0.2.1:8444": where it goes, a proxy in the manager's place; empty: unknown
  std::chrono::steady_clock::time_point heard{};  // when the manager's host last answered
};

/// Single-threaded. Does nothing to the kernel while the policy has no work (firewall::has_work) and the host is not
/// isolated: a host whose policy does not mention the firewall is not touched.
class FirewallKeeper {
 public:
  /// `filter` and `log` outlive it.
  FirewallKeeper(host::PacketFilter& filter, Log& log, std::filesystem::path directory);

  /// Reads what the last run left.
  void start(const FirewallMoment& now);
  /// Puts a section into force, or on error leaves what there is. One that was taken back stays so: `is_forced` tries
  /// it again.
  Result<void> set_section(const boost::json::object& section, const FirewallMoment& now, bool is_forced = false);
  void set_link(const ManagerLink& link, const FirewallMoment& now);
  void set_interfaces(std::vector<firewall::Interface> interfaces, const FirewallMoment& now);
  /// Only the manager, `allow` and the policy's isolation_allow stay reachable; lasts over restarts. `minutes` 0: until
  /// released.
  Result<void> isolate(std::vector<std::string> allow, std::int64_t minutes, const FirewallMoment& now);
  Result<void> release(const FirewallMoment& now);
  /// Drops what comes from there for `recon_block_min`; never the manager.
  Result<bool> block(const IpAddress& address, const FirewallMoment& now);
  Result<bool> unblock(const IpAddress& address, const FirewallMoment& now);
  /// Somebody may have changed our tables.
  void on_touched(const FirewallMoment& now);
  /// What time brings; call once a second.
  void tick(const FirewallMoment& now);
  /// Removes every trace from the kernel; the last good rules stay on disk for the next boot.
  Result<void> remove();

  [[nodiscard]] bool awaits_manager() const noexcept { return pending_.has_value(); }
  [[nodiscard]] bool is_installed() const noexcept { return compiled_ != nullptr; }
  /// What is in force; nullptr: nothing.
  [[nodiscard]] std::shared_ptr<const firewall::Compiled> compiled() const noexcept { return compiled_; }
  [[nodiscard]] const firewall::Policy& policy() const noexcept { return policy_; }
  [[nodiscard]] ModuleStatus status() const;
  [[nodiscard]] boost::json::object describe(const FirewallMoment& now) const;
  /// Events that have come up since; times and ids are the caller's to set.
  std::vector<Event> take_events();

 private:
  struct Pending {  // in force, not confirmed
    std::chrono::steady_clock::time_point since;
    bool is_told = false;
  };
  struct Block {
    IpAddress address;
    std::chrono::steady_clock::time_point until;
  };

  [[nodiscard]] firewall::Conditions conditions(const FirewallMoment& now) const;
  [[nodiscard]] bool is_isolated() const noexcept { return isolation_allow_.has_value(); }
  Result<void> put_into_force(const firewall::Policy& policy, const FirewallMoment& now);
  Result<void> apply(std::shared_ptr<const firewall::Compiled> compiled);
  Result<void> remove_tables();
  void refresh(const FirewallMoment& now);
  void fail_safe(const Error& error, const FirewallMoment& now);
  void note_failure(const Error& error, const FirewallMoment& now);
  void confirm(const FirewallMoment& now);
  void roll_back(const FirewallMoment& now);
  void check_pending(const FirewallMoment& now);
  void keep_as_good();
  void forget_good();
  void save_isolation();
  void load_isolation(const FirewallMoment& now);
  Event& tell(std::string_view type, Severity severity);

  host::PacketFilter& filter_;
  Log& log_;
  std::filesystem::path directory_;

  firewall::Policy policy_;
  std::string section_;                 // in force, as text
  std::optional<std::string> refused_;  // the section that was taken back
  std::optional<std::string> good_;     // the last section that was confirmed
  std::shared_ptr<const firewall::Compiled> compiled_;
  std::string ruleset_;      // what was applied
  std::string fingerprint_;  // of the tables as we left them
  std::optional<Pending> pending_;
  ManagerLink link_;
  bool is_link_known_ = false;
  std::vector<firewall::ManagerEndpoint> manager_;
  std::vector<firewall::Interface> interfaces_;
  std::vector<Block> blocked_;
  std::optional<std::vector<std::string>> isolation_allow_;
  std::optional<Timestamp> isolation_end_;
  std::optional<std::chrono::steady_clock::time_point> cold_start_end_;
  std::optional<Timestamp> next_change_;
  std::deque<std::chrono::steady_clock::time_point> repairs_;  // of the last minute
  bool is_repair_due_ = false;
  std::string failure_;  // message id, while degraded
  std::chrono::steady_clock::time_point retry_at_{};
  std::vector<Event> events_;
  std::uint64_t applied_ = 0;
  std::uint64_t repaired_ = 0;
  std::uint64_t rolled_back_ = 0;
};

}  // namespace warder::agent

// Evaluates one tenant's rules: follows what is stored, looks at states, opens, escalates and resolves alerts, and puts
// notices into the outbox. All that one look finds is one transaction with how far it has read, so that the end of the
// program at any point loses nothing and tells nothing twice.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "manager/alerts/alert_notice.h"
#include "manager/alerts/alert_settings.h"
#include "manager/alerts/alerts.h"
#include "manager/events/event_store.h"
#include "manager/notify/rotas.h"

namespace warder::manager {

/// How it stands with something, now: the more, the worse.
struct StateSample {
  std::string state;  // "agent.silent"
  AlertGroup group;   // what it is about
  std::int64_t value = 0;
};

/// Who knows about states. What it does not name is in order; when it fails, nobody knows, and nothing changes.
struct StateSource {
  std::set<std::string> states;
  std::function<Result<std::vector<StateSample>>(const TenantScope&)> collect;
};

struct AlertEngineParts {
  Alerts& alerts;
  AlertSettings& settings;
  NoticeOutbox& outbox;
  Rotas& rotas;
  EventStore& events;
  const std::vector<StateSource>& states;
  const host::Clock& clock;
  Log& log;
};

struct AlertEngineOptions {
  std::size_t batch = 500;
  std::chrono::seconds state_interval{10};
  std::size_t notices_of_a_rule = 10;        // alerts that are told one by one
  std::chrono::seconds notices_within{600};  // in so long
  std::size_t max_groups = 1000;             // of a rule, and members of an alert; further ones are one together
  std::chrono::seconds growth_pause{60};     // after somebody was told, until members that came are told
  std::size_t max_active = 5000;             // alerts; further ones open when others have ended
};

/// Single-threaded.
class AlertEngine {
 public:
  enum class Round : std::uint8_t { More, Idle, Elsewhere };

  AlertEngine(const AlertEngineParts& parts, TenantScope scope, std::string holder, AlertEngineOptions options = {})
      : parts_(parts), scope_(std::move(scope)), holder_(std::move(holder)), options_(options) {}

  /// Reads and evaluates some of what is new; with nothing new, looks at the states and at what time does. After an
  /// error everything not written is found again by the next round.
  Result<Round> round();
  /// Whether notices were put into the outbox since the last call.
  bool take_has_notices() { return std::exchange(has_notices_, false); }

 private:
  struct Compiled {
    AlertRule rule;
    Filter filter;
    std::optional<Filter> resolve;
    std::vector<const FilterField*> group_by;
    const FilterField* members = nullptr;  // of a rule that lists some
  };
  struct Kept {
    AlertMemory memory;
    Timestamp time{};  // of the last step
    bool is_dirty = false;
  };

  // alert_engine.cc: one round, and what is kept between rounds
  Result<void> advance(std::vector<OutboxItem> items);
  void follow_clock(Timestamp now);
  static void set_back(Kept& kept, Timestamp now);
  Result<bool> ready();
  Result<void> load();
  static Result<Compiled> compile(AlertRule rule);
  Result<void> load_rules();
  void fold_groups(Timestamp now);
  [[nodiscard]] const Compiled* rule_of(std::string_view id) const;
  Result<void> tick(Timestamp now);
  Result<void> save();
  Result<void> record_events();

  // alert_conditions.cc: whether rules hold
  void observe(const StoredEvent& event);
  Kept& kept_for(const Compiled& rule, AlertGroup group);
  void count_event(Compiled& rule, const StoredEvent& event);
  void end_by_event(const Compiled& rule, const StoredEvent& event);
  static std::int64_t value_of(const Compiled& rule, Kept& kept, Timestamp time);
  void end_member(const Compiled& rule, const StoredEvent& event);
  void show_members(Kept& kept, bool is_grown);
  void move(const Compiled& rule, Kept& kept, std::int64_t value, Timestamp time);
  void tick_windows(Timestamp now);
  void tick_states(Timestamp now);
  void evaluate_state(const Compiled& rule, const std::vector<StateSample>& samples, Timestamp now);

  // alert_telling.cc: what becomes of an alert
  /// False when there is no room.
  bool open(const AlertRule& rule, Kept& kept, std::int64_t value, Timestamp time);
  void close(const AlertRule* rule, Kept& kept, Timestamp time);
  [[nodiscard]] bool is_silenced(const Alert& alert, Timestamp now) const;
  void tell(const AlertRule& rule, const Alert& alert, AlertNews news, const std::vector<NoticeChannelId>& channels);
  /// People who are told through a channel: each once, however many rotas have them.
  using Called = std::vector<std::pair<NoticeChannelId, UserId>>;
  void call(const AlertRule& rule, AlertCall& call, AlertNews news, Called& called) const;
  void tell(const AlertRule& rule, const Alert& alert, AlertNews news, const Called& called);
  void tell_opened(const AlertRule& rule, Alert& alert, AlertNews news = AlertNews::Opened);
  void tick_growth(Timestamp now);
  void tick_silences(Timestamp now);
  void tick_escalations(Timestamp now);
  Result<void> tick_heartbeats(Timestamp now);

  const AlertEngineParts parts_;
  const TenantScope scope_;
  const std::string holder_;
  const AlertEngineOptions options_;
  bool is_loaded_ = false;
  bool is_moved_ = false;  // place_ is not what is stored
  bool has_notices_ = false;
  AlertPlace place_;
  Timestamp renewal_{};
  Timestamp states_due_{};
  Timestamp tick_due_{};
  Timestamp seen_{};      // the clock, at the last round
  bool is_full_ = false;  // as many are active as may be
  std::vector<Compiled> rules_;
  std::vector<std::pair<AlertRoute, TimeZone>> routes_;
  std::vector<AlertSilence> silences_;
  std::vector<AlertHeartbeat> heartbeats_;
  std::map<std::string, Kept> kept_;           // by active_key
  std::map<std::string, std::size_t> groups_;  // how many a rule has
  std::map<AlertId, Alert> active_;
  std::map<std::string, std::deque<Timestamp>> told_;  // openings of each rule, lately
  // What the next save writes.
  std::set<AlertId> dirty_;
  std::vector<AlertMemory> forgotten_;
  std::vector<std::pair<NoticeAddress, Notice>> notices_;
  std::vector<std::pair<std::string, AlertId>> events_;
};

}  // namespace warder::manager

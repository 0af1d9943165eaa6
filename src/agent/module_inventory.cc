#include "agent/module_inventory.h"

#include <linux/capability.h>
#include <sys/resource.h>
#include <unistd.h>

#include <condition_variable>
#include <ctime>
#include <deque>
#include <mutex>
#include <optional>

#include "agent/inventory_sender.h"
#include "agent/inventory_triggers.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "engines/inventory/collect.h"
#include "engines/inventory/policy.h"
#include "host/linux/linux_host.h"

namespace warder::agent {
namespace {

using inventory::Kind;
using std::chrono::seconds;
using Time = std::chrono::steady_clock::time_point;

constexpr int kNice = 15;

std::uint64_t thread_cpu_us() noexcept {
  timespec time{};
  if (::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) != 0) return 0;
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_nsec) / 1000;
}

// "32768\t60999"
void read_port_range(inventory::CollectOptions& options) {
  const auto text = read_file("/proc/sys/net/ipv4/ip_local_port_range", 64);
  if (!text) return;
  const auto parts = split(trim(*text), '\t');
  if (parts.size() != 2) return;
  const auto first = parse_integer<std::uint16_t>(trim(parts[0]));
  const auto last = parse_integer<std::uint16_t>(trim(parts[1]));
  if (!first || !last) return;
  options.first_ephemeral_port = *first;
  options.last_ephemeral_port = *last;
}

bool is_language_package(const inventory::Item& item) {
  const std::string_view manager = inventory::attribute(item, "manager");
  return manager != "dpkg" && manager != "rpm";
}

class InventoryModule final : public Module {
 public:
  InventoryModule(ModuleContext& context, InventoryPorts ports)
      : context_(context),
        ports_(std::move(ports)),
        triggers_(*ports_.tree),
        sender_([this](const protocol::Envelope& message) { return send(message); }) {}

  Result<void> configure(const boost::json::object& section) override;
  Result<void> run(std::stop_token stop) override;
  Result<boost::json::object> execute(std::string_view name, const boost::json::object& arguments) override;
  void on_manager_message(const protocol::Envelope& message) override;
  [[nodiscard]] ModuleStatus status() const override;

 private:
  Result<void> send(const protocol::Envelope& message);
  void take_messages();
  void work(const inventory::Policy& policy);
  void look(const inventory::Policy& policy, std::set<Kind> kinds, bool is_full);
  void publish_status();

  ModuleContext& context_;
  InventoryPorts ports_;

  // Of the thread of run().
  InventoryTriggers triggers_;
  InventorySender sender_;
  std::vector<inventory::Item> language_packages_;
  std::optional<Time> next_full_;
  std::optional<Time> next_search_;
  std::uint64_t collections_ = 0;
  std::uint64_t cpu_us_ = 0;
  std::string failure_;

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable_any changed_;
  std::optional<inventory::Policy> policy_;
  std::deque<protocol::Envelope> inbox_;
  bool is_asked_ = false;  // a command wants everything looked at again
  ModuleStatus status_;
};

Result<void> InventoryModule::configure(const boost::json::object& section) {
  auto policy = WD_TRY(parse_json_as<inventory::Policy>(section));
  const std::lock_guard lock(mutex_);
  policy_ = policy;
  is_asked_ = true;
  changed_.notify_all();
  return {};
}

Result<void> InventoryModule::send(const protocol::Envelope& message) {
  if (context_.manager == nullptr) return {};
  return context_.manager->send(message);
}

void InventoryModule::on_manager_message(const protocol::Envelope& message) {
  const std::lock_guard lock(mutex_);
  inbox_.push_back(message);
  changed_.notify_all();
}

void InventoryModule::take_messages() {
  std::deque<protocol::Envelope> messages;
  {
    const std::lock_guard lock(mutex_);
    messages.swap(inbox_);
  }
  for (const protocol::Envelope& message : messages) {
    if (message.has_hello_ack()) sender_.on_connected(message.hello_ack());
    if (message.has_inventory_ack()) {
      const protocol::InventoryAck& ack = message.inventory_ack();
      sender_.on_ack(ack, context_.clock.steady_now());
      if (!ack.refused().empty()) context_.log.warning("inventory.refused", ack.refused());
    }
  }
}

void InventoryModule::look(const inventory::Policy& policy, std::set<Kind> kinds, bool is_full) {
  const std::uint64_t cpu = thread_cpu_us();
  const Time now = context_.clock.steady_now();
  inventory::CollectOptions options;
  if (is_full)
    for (const inventory::KindRow& row : inventory::kinds()) kinds.insert(row.kind);
  if (!policy.programs) kinds.erase(Kind::Program);
  if (!policy.users) {
    kinds.erase(Kind::User);
    kinds.erase(Kind::Group);
  }
  const bool searches =
      policy.language_packages && kinds.contains(Kind::Package) && (!next_search_ || now >= *next_search_);
  options.kinds = std::move(kinds);
  options.software.language_packages = searches;
  read_port_range(options);
  inventory::Collected collected = inventory::collect(*ports_.facts, options);
  const auto packages = collected.snapshot.find(Kind::Package);
  if (packages != collected.snapshot.end()) {
    if (searches) {
      next_search_ = now + seconds{policy.language_interval_s};
      language_packages_.clear();
      std::ranges::copy_if(packages->second, std::back_inserter(language_packages_), is_language_package);
    } else if (policy.language_packages) {
      packages->second.insert(packages->second.end(), language_packages_.begin(), language_packages_.end());
      packages->second = inventory::canonical(std::move(packages->second));
    }
  }
  failure_ = collected.failures.empty() ? "" : collected.failures.front();
  // What the policy no longer wants told is told as nothing, so that the manager forgets it.
  if (!policy.programs) collected.snapshot[Kind::Program];
  if (!policy.users) {
    collected.snapshot[Kind::User];
    collected.snapshot[Kind::Group];
  }
  sender_.set(std::move(collected.snapshot), to_micros(context_.clock.now()));
  collections_ += 1;
  cpu_us_ += thread_cpu_us() - cpu;
}

void InventoryModule::work(const inventory::Policy& policy) {
  const Time now = context_.clock.steady_now();
  auto kinds = triggers_.look();
  const bool is_full = !next_full_ || now >= *next_full_;
  if (is_full) next_full_ = now + seconds{policy.interval_s};
  if (is_full || !kinds.empty()) look(policy, std::move(kinds), is_full);
  if (auto sent = sender_.step(now); !sent) context_.log.warning("inventory.send.failed", sent.error().message);
}

void InventoryModule::publish_status() {
  const std::lock_guard lock(mutex_);
  status_.condition = ModuleCondition::On;
  status_.reason.clear();
  if (!failure_.empty() || sender_.is_overfull()) {
    status_.condition = ModuleCondition::Degraded;
    status_.reason = sender_.is_overfull() ? "inventory.too-large" : "inventory.incomplete";
  }
  status_.counters = {{"items", sender_.items()},
                      {"collections", collections_},
                      {"lists_sent", sender_.lists_sent()},
                      {"cpu_ms", cpu_us_ / 1000},
                      {"current", sender_.is_current() ? 1 : 0}};
}

Result<void> InventoryModule::run(std::stop_token stop) {
  // Whoever works on this host comes first.
  static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice));
  while (!stop.stop_requested()) {
    std::optional<inventory::Policy> policy;
    {
      std::unique_lock lock(mutex_);
      policy = policy_;
      if (std::exchange(is_asked_, false)) next_full_.reset();
    }
    take_messages();
    if (policy && policy->enabled) {
      work(*policy);
      publish_status();
    } else {
      const std::lock_guard lock(mutex_);
      status_ = {};
    }
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, ports_.tick, [this] { return is_asked_ || !inbox_.empty(); });
  }
  return {};
}

Result<boost::json::object> InventoryModule::execute(std::string_view name, const boost::json::object&) {
  const std::lock_guard lock(mutex_);
  const bool is_on = policy_ && policy_->enabled;
  if (name == "self-test") {
    const auto items = status_.counters.find("items");
    return boost::json::object{{"enabled", is_on}, {"items", items == status_.counters.end() ? 0 : items->second}};
  }
  if (name != "rescan") return fail(ErrorCode::NotFound, "inventory: no such command: " + std::string(name));
  if (!is_on) return fail(ErrorCode::Conflict, "inventory: it is off");
  is_asked_ = true;
  changed_.notify_all();
  return boost::json::object{{"queued", true}};
}

ModuleStatus InventoryModule::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace

std::unique_ptr<Module> make_inventory_module(ModuleContext& context, InventoryPorts ports) {
  return std::make_unique<InventoryModule>(context, std::move(ports));
}

ModuleDescription inventory_module() {
  ModuleDescription description{
      "inventory",
      ModuleKind::Agent,
      {
          CAP_DAC_READ_SEARCH,  // shadow files, crontabs, other users' processes and packages
          CAP_SYS_PTRACE,       // which program a process runs and which sockets it holds
      },
      [](ModuleContext& context) {
        return make_inventory_module(context, {host::make_linux_facts(), host::make_linux_file_tree()});
      },
  };
  description.inspects_processes = true;
  return description;
}

}  // namespace warder::agent

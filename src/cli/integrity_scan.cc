// warder integrity baseline, check and plan.
#include <sys/resource.h>

#include <boost/json.hpp>
#include <map>
#include <ostream>
#include <thread>

#include "base/file.h"
#include "base/work_budget.h"
#include "cli/integrity.h"
#include "engines/integrity/file_seal.h"
#include "engines/integrity/lmdb_baseline.h"
#include "engines/integrity/things.h"
#include "host/linux/linux_host.h"
#include "host/offline/offline_facts.h"

namespace warder::cli {
namespace {

namespace fs = std::filesystem;
using std::chrono::duration;
using std::chrono::steady_clock;

WorkLimits limits_of(const IntegrityArguments& arguments) {
  return {arguments.max_cpu_percent / 100.0, arguments.max_read_mb_s * 1e6 / std::max(1U, arguments.threads)};
}

Result<integrity::SweepReport> run_sweep(integrity::Sweep& sweep, const IntegrityArguments& arguments) {
  const std::stop_source stop;
  std::vector<Result<void>> results(arguments.threads);
  {
    std::vector<std::jthread> threads;
    for (Result<void>& result : results)
      threads.emplace_back([&] {
        WorkBudget budget(limits_of(arguments));
        result = sweep.work(stop.get_token(),
                            [&](std::uint64_t bytes) { std::this_thread::sleep_for(budget.after(bytes)); });
      });
  }
  for (const Result<void>& result : results)
    if (!result) return fail(result.error());
  return sweep.finish();
}

void note(Session& session, const std::string& text) {
  session.environment().err << printable(text) << '\n';
}

void note_unreadable(Session& session, const integrity::SweepReport& report) {
  if (report.unreadable > 0)
    note(session, std::to_string(report.unreadable) + " entries could not be read; nothing is known of their content");
}

// What is there besides files. A kind that cannot be known of this tree is told and left out.
using Lists = std::map<integrity::SetKind, std::vector<integrity::Thing>>;
Result<Lists> take_lists(Session& session, const integrity::Scope& scope, const std::string& root) {
  Lists lists;
  const auto kinds = integrity::kinds_of_things(scope.rules());
  if (kinds.empty()) return lists;
  const auto facts =
      root == "/" ? host::make_linux_facts() : host::make_offline_facts(host::make_linux_file_tree(root), root);
  const auto now = session.environment().now().time_since_epoch();
  const auto today = std::chrono::duration_cast<std::chrono::hours>(now).count() / 24;
  for (const integrity::SetKind kind : kinds) {
    auto things = integrity::take_things(kind, *facts, today);
    if (things) {
      lists.emplace(kind, std::move(*things));
    } else if (things.error().code == ErrorCode::Unavailable) {
      note(session, "not compared: " + things.error().message);
    } else {
      return fail(things.error());
    }
  }
  return lists;
}

// Returns the number of changes.
Result<std::uint64_t> check_lists(Session& session, const integrity::Scope& scope, const std::string& root,
                                  const integrity::Baseline& baseline) {
  std::uint64_t count = 0;
  for (const auto& [kind, now] : WD_TRY(take_lists(session, scope, root))) {
    const std::string stored = WD_TRY(baseline.list(std::string(name(kind))));
    if (stored.empty()) continue;  // the baseline was made with other rules, or where this could not be known
    const auto was = WD_TRY(integrity::decode_things(stored));
    compare_things(kind, scope.rules(), was, now, [&](const integrity::ThingChange& change) {
      ++count;
      const json::object row = integrity::to_json(change);
      std::ostream& out = session.environment().out;
      if (session.is_json()) {
        out << json::serialize(row) << '\n';
      } else {
        out << printable(json::value_to<std::string>(row.at("change")) + " " +
                         json::value_to<std::string>(row.at("entity")) + " " +
                         json::value_to<std::string>(row.at("key")) + "  [" + change.rule->id + "]")
            << '\n';
      }
    });
  }
  return count;
}

// Where the baseline grows until it is whole. What an interrupted run left is taken up when it is of the same rules.
Result<std::unique_ptr<integrity::Baseline>> open_partial(const fs::path& file, const std::string& scope,
                                                          bool& is_resumed) {
  for (const bool is_second : {false, true}) {
    auto baseline = integrity::open_lmdb_baseline_file(file, integrity::LmdbUse::Bulk);
    if (baseline) {
      const auto found = (*baseline)->scope();
      const std::uint64_t count = found ? (*baseline)->count().value_or(0) : 0;
      if (found && (*found == scope || count == 0)) {
        is_resumed = count > 0;
        WD_TRY((*baseline)->commit(scope));
        return std::move(*baseline);
      }
    } else if (is_second) {
      return baseline;
    }
    if (baseline) baseline->reset();
    std::error_code error;
    fs::remove(file, error);
  }
  return fail(ErrorCode::Internal, file.native() + ": cannot be made anew");
}

}  // namespace

Result<bool> make_baseline(Session& session, const IntegrityArguments& arguments) {
  const integrity::Scope scope = WD_TRY(load_scope(arguments));
  const std::string root = WD_TRY(real_root(arguments));
  const Bytes key = WD_TRY(read_seal_key(arguments));
  const fs::path file = arguments.db;
  const fs::path partial = file.native() + ".partial";
  bool is_resumed = false;
  auto baseline = WD_TRY(open_partial(partial, scope.text(), is_resumed).in(partial.native()));
  const auto tree = host::make_linux_file_tree(root);
  integrity::SweepOptions options;
  options.makes_baseline = true;
  options.trusts_times = is_resumed;
  integrity::Sweep sweep(scope, scope, *tree, *baseline, options, nullptr);
  const auto report = WD_TRY(run_sweep(sweep, arguments));
  for (const auto& [kind, things] : WD_TRY(take_lists(session, scope, root)))
    WD_TRY(baseline->set_list(std::string(name(kind)), integrity::encode_things(things)));
  baseline.reset();
  const fs::path whole = file.native() + ".new";
  WD_TRY(integrity::compact_lmdb_baseline_file(partial, whole));
  WD_TRY(integrity::seal_file(whole, key));
  std::error_code error;
  fs::rename(whole, file, error);
  if (error) return fail_errno(file.native(), error.value());
  fs::remove(partial, error);
  note_unreadable(session, report);
  note(session, (is_resumed ? "baseline taken up and finished: " : "baseline: ") + std::to_string(report.entities) +
                    " entities, " + std::to_string(report.bytes) + " bytes read");
  return false;
}

Result<bool> check_against_baseline(Session& session, const IntegrityArguments& arguments) {
  const integrity::Scope scope = WD_TRY(load_scope(arguments));
  const std::string root = WD_TRY(real_root(arguments));
  WD_TRY(integrity::verify_seal(arguments.db, WD_TRY(read_seal_key(arguments))));
  const auto baseline = WD_TRY(integrity::open_lmdb_baseline_file(arguments.db, integrity::LmdbUse::ReadOnly));
  const auto known = WD_TRY(integrity::Scope::parse(WD_TRY(baseline->scope())).in(arguments.db));
  if (known.text() != scope.text())
    note(session, "the baseline was made with other rules: what only these watch is not compared");
  const auto tree = host::make_linux_file_tree(root);
  const auto explainer = WD_TRY(ChangeExplainer::create(session, arguments, root));
  integrity::ChangeCollector collector(scope, [&](const integrity::Change& change) { explainer->add(change); });
  integrity::SweepOptions options;
  options.trusts_times = arguments.is_quick;
  integrity::Sweep sweep(scope, known, *tree, *baseline, options, &collector);
  const auto report = WD_TRY(run_sweep(sweep, arguments));
  collector.finish();
  const std::uint64_t unexplained = WD_TRY(explainer->finish());
  const std::uint64_t of_lists = WD_TRY(check_lists(session, scope, root, *baseline));
  session.environment().out.flush();
  note_unreadable(session, report);
  if (!session.is_json())
    note(session, std::to_string(report.entities) + " entities, " + std::to_string(collector.count() + of_lists) +
                      " changes, " + std::to_string(collector.count() - unexplained) + " explained");
  return unexplained + of_lists > 0;
}

Result<bool> show_plan(Session& session, const IntegrityArguments& arguments) {
  const integrity::Scope scope = WD_TRY(load_scope(arguments));
  const auto tree = host::make_linux_file_tree(WD_TRY(real_root(arguments)));
  auto plan = WD_TRY(integrity::estimate(scope, *tree, {}));
  for (const auto& [kind, things] : WD_TRY(take_lists(session, scope, WD_TRY(real_root(arguments))))) {
    compare_things(kind, scope.rules(), {}, things, [&](const integrity::ThingChange& thing) {
      ++plan.entities;
      ++plan.of_rule[static_cast<std::size_t>(thing.rule - scope.rules().data())];
    });
  }
  json::array rules;
  for (std::size_t i = 0; i < scope.rules().size(); ++i)
    rules.push_back(json::object{{"rule_id", json::string(scope.rules()[i].id)}, {"entities", plan.of_rule[i]}});
  // Measured costs (docs/performance.md), so that the figure is of the right size.
  constexpr double kBytesACpuSecond = 900e6;
  constexpr double kEntitiesACpuSecond = 100e3;
  const double seconds =
      static_cast<double>(plan.bytes) / kBytesACpuSecond + static_cast<double>(plan.entities) / kEntitiesACpuSecond;
  print_object(session, json::object{{"entities", plan.entities},
                                     {"directories", plan.directories},
                                     {"bytes", plan.bytes},
                                     {"estimated_cpu_seconds",
                                      static_cast<double>(static_cast<std::int64_t>(seconds * 100)) / 100},
                                     {"rules", std::move(rules)}});
  return false;
}

}  // namespace warder::cli

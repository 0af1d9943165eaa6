// warder integrity check --explain-…: which changes are no alarm.
#include "base/file.h"
#include "base/text.h"
#include "cli/integrity.h"
#include "engines/integrity/explain.h"
#include "engines/integrity/file_seal.h"
#include "engines/integrity/lmdb_baseline.h"
#include "host/linux/linux_host.h"
#include "host/offline/offline_facts.h"

namespace warder::cli {
namespace {

constexpr std::size_t kMaxAllowanceBytes = 4 << 20;
constexpr std::size_t kBatch = 4096;  // changes in memory

Result<std::vector<integrity::Allowance>> read_allowances(const std::string& file) {
  std::vector<integrity::Allowance> allowances;
  if (file.empty()) return allowances;
  const std::string text = WD_TRY(read_file(file, kMaxAllowanceBytes));
  std::size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    if (trim(line).empty() || trim(line).starts_with('#')) continue;
    allowances.push_back(WD_TRY(integrity::Allowance::parse(trim(line)).in(file + ": line " + std::to_string(number))));
  }
  return allowances;
}

class Explainer final : public ChangeExplainer {
 public:
  Explainer(Session& session, const std::string& root, std::vector<integrity::Allowance> allowances,
            std::unique_ptr<integrity::Baseline> golden, bool asks_packages)
      : session_(session),
        allowances_(std::move(allowances)),
        golden_(std::move(golden)),
        asks_packages_(asks_packages),
        tree_(host::make_linux_file_tree(root)),
        facts_(root == "/" ? host::make_linux_facts()
                           : host::make_offline_facts(host::make_linux_file_tree(root), root)) {}

  void add(const integrity::Change& change) override {
    waiting_.push_back(change);
    if (waiting_.size() >= kBatch && result_) result_ = hand_on();
  }
  Result<std::uint64_t> finish() override {
    if (result_) result_ = hand_on();
    if (!result_) return fail(result_.error());
    return unexplained_;
  }

 private:
  Result<void> hand_on() {
    std::vector<integrity::Unexplained> changes;
    const auto now = session_.environment().now();
    for (const integrity::Change& each : waiting_)
      changes.push_back({each.key, each.was ? &*each.was : nullptr, each.is ? &*each.is : nullptr, now});
    std::map<std::string, std::string> packages;
    if (asks_packages_) packages = WD_TRY(explain_by_packages(changes, *tree_, *facts_));
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      const std::string by = WD_TRY(explain(changes[i], packages));
      if (by.empty()) ++unexplained_;
      print_change(session_, waiting_[i], std::nullopt, by);
    }
    waiting_.clear();
    return {};
  }
  Result<std::string> explain(const integrity::Unexplained& change,
                              const std::map<std::string, std::string>& packages) const {
    if (const auto* allowance = find_allowance(allowances_, change)) return allowance->label();
    const auto at = packages.find(change.path);
    if (at != packages.end()) return at->second;
    if (!golden_) return std::string();
    const auto there = WD_TRY(golden_->find(change.path));
    const bool is_gone_too = change.is == nullptr && !there;
    const bool is_same = change.is != nullptr && there && integrity::is_as_golden(*change.is, *there);
    return std::string(is_gone_too || is_same ? "golden host" : "");
  }

  Session& session_;
  std::vector<integrity::Allowance> allowances_;
  std::unique_ptr<integrity::Baseline> golden_;
  bool asks_packages_;
  std::unique_ptr<host::FileTree> tree_;
  std::unique_ptr<host::HostFacts> facts_;
  std::vector<integrity::Change> waiting_;
  std::uint64_t unexplained_ = 0;
  Result<void> result_;
};

}  // namespace

Result<std::unique_ptr<ChangeExplainer>> ChangeExplainer::create(Session& session, const IntegrityArguments& arguments,
                                                                 const std::string& root) {
  auto allowances = WD_TRY(read_allowances(arguments.allowances));
  std::unique_ptr<integrity::Baseline> golden;
  if (!arguments.golden.empty()) {
    WD_TRY(integrity::verify_seal(arguments.golden, WD_TRY(read_seal_key(arguments))));
    golden = WD_TRY(integrity::open_lmdb_baseline_file(arguments.golden, integrity::LmdbUse::ReadOnly));
  }
  return std::unique_ptr<ChangeExplainer>(std::make_unique<Explainer>(session, root, std::move(allowances),
                                                                      std::move(golden), arguments.explains_packages));
}

}  // namespace warder::cli

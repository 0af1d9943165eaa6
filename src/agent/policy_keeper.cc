#include "agent/policy_keeper.h"

#include <utility>

#include "base/bytes.h"
#include "base/file.h"
#include "crypto/hash.h"

namespace warder::agent {
namespace {

constexpr std::size_t kMaxPolicyBytes = 4 << 20;

}  // namespace

Result<std::optional<Policy>> load_policy(const std::filesystem::path& file) {
  auto text = read_file(file, 2 * kMaxPolicyBytes);
  if (!text && text.error().code == ErrorCode::NotFound) return std::nullopt;
  if (!text) return fail(std::move(text).error());
  const auto json = WD_TRY(parse_json(*text, 2 * kMaxPolicyBytes).in(file.string()));
  if (!json.is_object()) return fail(ErrorCode::Corrupt, file.string() + ": not an object");
  const auto& object = json.get_object();
  Policy policy;
  policy.digest = WD_TRY(get_string(object, "digest").in(file.string()));
  policy.id = WD_TRY(get_string(object, "id").in(file.string()));
  policy.name = WD_TRY(get_string(object, "name").in(file.string()));
  policy.document = WD_TRY(get_string(object, "document").in(file.string()));
  return policy;
}

Result<void> save_policy(const std::filesystem::path& file, const Policy& policy) {
  json::object object;
  object["digest"] = policy.digest;
  object["id"] = policy.id;
  object["name"] = policy.name;
  object["document"] = policy.document;
  return write_file_atomically(file, json::serialize(object));
}

Result<PolicySections> read_sections(const Policy& policy, const std::vector<std::unique_ptr<ModuleHost>>& modules) {
  if (to_hex(crypto::sha256(as_bytes(policy.document))) != policy.digest) {
    return fail(ErrorCode::Corrupt, "/: the document is not the one that the digest names");
  }
  const auto json = WD_TRY(parse_json(policy.document, kMaxPolicyBytes));
  if (!json.is_object()) return fail(ErrorCode::Invalid, "/: not an object");
  const auto& document = json.get_object();
  PolicySections sections;
  if (const auto* section = find(document, "agent")) {
    sections.agent = WD_TRY(parse_json_as<AgentPolicy>(*section).in("/agent"));
  }
  if (const auto* section = find(document, "forwarding")) {
    sections.forwarding = WD_TRY(sinks::parse_forwarding(*section).in("/forwarding"));
  }
  for (const auto& module : modules) {
    const auto* section = find(document, module->name());
    sections.modules[std::string(module->name())] = section != nullptr ? json::serialize(*section) : "{}";
  }
  return sections;
}

void PolicyKeeper::apply(Policy policy, Applied done) {
  if (change_) {
    waiting_.emplace(std::move(policy), std::move(done));
    return;
  }
  auto sections = read_sections(policy, modules_);
  if (!sections) return done(policy, sections.error().message);
  change_ = std::make_unique<Change>(Change{std::move(policy), std::move(done), std::move(*sections), 0, {}, {}});
  ask_next();
}

void PolicyKeeper::ask_next() {
  if (change_->next == modules_.size()) return keep();
  ModuleHost& module = *modules_[change_->next];
  change_->before.push_back(module.section());
  module.configure(change_->sections.modules.at(std::string(module.name())), [this, &module](const std::string& error) {
    if (error.empty()) {
      change_->next += 1;
      return ask_next();
    }
    change_->error = "/" + std::string(module.name()) + ": " + error;
    put_back_next();
  });
}

/// In force everywhere. What cannot be kept over a restart is not accepted either.
void PolicyKeeper::keep() {
  const auto saved = save_policy(file_, change_->policy);
  if (saved) return finish();
  change_->error = saved.error().message;
  put_back_next();
}

/// Undoes from the last one that took its section to the first.
void PolicyKeeper::put_back_next() {
  if (change_->next == 0) return finish();
  change_->next -= 1;
  ModuleHost& module = *modules_[change_->next];
  const auto& before = change_->before[change_->next];
  if (!before) return module.stop([this] { put_back_next(); });
  module.configure(*before, [this](const std::string&) { put_back_next(); });
}

void PolicyKeeper::finish() {
  const auto change = std::exchange(change_, nullptr);
  if (change->error.empty()) {
    current_ = change->policy;
    agent_ = change->sections.agent;
    forwarding_ = change->sections.forwarding;
  }
  change->done(change->policy, change->error);
  begin_next();
}

void PolicyKeeper::begin_next() {
  if (change_ || !waiting_) return;
  auto [policy, done] = std::move(*waiting_);
  waiting_.reset();
  apply(std::move(policy), std::move(done));
}

void PolicyKeeper::restore(const Policy& policy) {
  const auto sections = read_sections(policy, modules_);
  if (!sections) return;
  current_ = policy;
  agent_ = sections->agent;
  forwarding_ = sections->forwarding;
  for (const auto& module : modules_) module->restore(sections->modules.at(std::string(module->name())));
}

}  // namespace warder::agent

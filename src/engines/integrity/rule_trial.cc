#include "engines/integrity/rule_trial.h"

#include <algorithm>
#include <boost/json.hpp>
#include <set>
#include <utility>

#include "base/bytes.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "engines/integrity/change_json.h"
#include "engines/integrity/features.h"

namespace warder::integrity {
namespace {

namespace json = boost::json;

Result<Scope> scope_of(const Rule& rule, const EntitySet& set) {
  RuleSet rules;
  Rule one;
  one.id = rule.id;
  one.severity = rule.severity;
  one.sets.push_back(set);
  rules.rules.push_back(std::move(one));
  return Scope::create({}, {}, std::move(rules));
}

Entity entity_of(const SupposedFile& file, host::FileKind kind) {
  Entity entity;
  entity.stat.kind = kind;
  entity.stat.mode = file.mode;
  entity.stat.uid = file.uid;
  entity.stat.gid = file.gid;
  entity.stat.bytes = file.size.value_or(file.content.size());
  entity.target = file.target;
  if (kind != host::FileKind::Regular) return entity;
  const ByteView content = as_bytes(file.content);
  entity.digest = crypto::sha256(content);
  entity.content = file.content;
  return entity;
}

/// Tests of a set are asked of the file as it is, or of the one that is gone.
FeatureTest test_of(const std::optional<SupposedFile>& file, host::FileKind kind) {
  if (!file) return {};
  return [stat = entity_of(*file, kind).stat, content = file->content](const std::string& feature,
                                                                       const std::string& pattern) {
    return matches_feature(stat, feature, pattern, [&] { return is_executable_image(content); });
  };
}

FeatureTest test_of(const SupposedPath& supposed) {
  return test_of(supposed.is ? supposed.is : supposed.was, supposed.kind);
}

bool has_tests(const EntitySet& set) {
  const auto has = [](const Condition& condition) { return !condition.features.empty(); };
  return std::ranges::any_of(set.includes, has) || std::ranges::any_of(set.excludes, has);
}

bool covers(const Scope& scope, const SupposedPath& supposed, const FeatureTest& test) {
  return !scope.covers(scope.find(supposed.path), supposed.kind, test).empty();
}

json::value to_json(const Condition* condition) {
  if (condition == nullptr) return nullptr;
  json::object tests;
  for (const auto& [feature, pattern] : condition->features) tests[feature] = escape_non_utf8(pattern);
  return json::object{{"key", escape_non_utf8(condition->key)}, {"tests", std::move(tests)}};
}

json::array words_of(AttributeSet attributes) {
  json::array out;
  for (const AttributeName& each : attribute_names())
    if (contains(attributes, each.attribute)) out.emplace_back(each.rule_name);
  return out;
}

}  // namespace

std::string_view name(Decision decision) noexcept {
  switch (decision) {
    case Decision::Watched:
      return "watched";
    case Decision::OtherKind:
      return "other-kind";
    case Decision::OutsideBase:
      return "outside-base";
    case Decision::NotIncluded:
      return "not-included";
    case Decision::TestFails:
      return "test-fails";
    case Decision::Excluded:
      return "excluded";
  }
  return "outside-base";
}

Result<RuleTrial> RuleTrial::create(RuleSet rules) {
  RuleTrial trial;
  trial.whole_ = WD_TRY(Scope::create({}, {}, std::move(rules)));
  for (std::uint32_t i = 0; i < trial.rules().size(); ++i) {
    const Rule& rule = trial.rules()[i];
    for (const EntitySet& set : rule.sets) {
      if (!is_of_files(set.kind)) continue;
      Part part;
      part.rule = i;
      part.set = &set;
      part.whole = WD_TRY(scope_of(rule, set));
      EntitySet bare = set;
      bare.includes.clear();
      bare.excludes.clear();
      part.base = WD_TRY(scope_of(rule, bare));
      for (const Condition& include : set.includes) {
        EntitySet one = bare;
        one.includes.push_back(include);
        part.includes.push_back(WD_TRY(scope_of(rule, one)));
      }
      for (const Condition& exclude : set.excludes) {
        EntitySet one = bare;
        one.excludes.push_back(exclude);
        part.excludes.push_back(WD_TRY(scope_of(rule, one)));
      }
      trial.parts_.push_back(std::move(part));
    }
  }
  return trial;
}

SetVerdict RuleTrial::decide(const Part& part, const SupposedPath& supposed, const FeatureTest& test) const {
  SetVerdict verdict{&rules()[part.rule], part.set, Decision::Watched, nullptr};
  const SetKind wanted = supposed.kind == host::FileKind::Directory ? SetKind::Directory : SetKind::File;
  if (part.set->kind != wanted) {
    verdict.decision = Decision::OtherKind;
    return verdict;
  }
  if (!covers(part.base, supposed, test)) return {verdict.rule, verdict.set, Decision::OutsideBase, nullptr};
  if (!part.includes.empty()) {
    verdict.decision = Decision::NotIncluded;
    for (std::size_t i = 0; i < part.includes.size() && verdict.decision != Decision::Watched; ++i) {
      if (!covers(part.includes[i], supposed, {})) continue;
      verdict.decision = covers(part.includes[i], supposed, test) ? Decision::Watched : Decision::TestFails;
      verdict.by = &part.set->includes[i];
    }
    if (verdict.decision != Decision::Watched) return verdict;
  }
  for (std::size_t i = 0; i < part.excludes.size(); ++i)
    if (!covers(part.excludes[i], supposed, test))
      return {verdict.rule, verdict.set, Decision::Excluded, &part.set->excludes[i]};
  return verdict;
}

void RuleTrial::judge_change(const SupposedPath& supposed, PathVerdict& verdict) const {
  // What no set watches any more for its tests is gone to whoever scans.
  std::set<const Rule*> watching;
  const auto seen = [&](const std::optional<SupposedFile>& file) -> std::optional<Entity> {
    if (!file) return std::nullopt;
    const auto found = whole_.covers(whole_.find(supposed.path), supposed.kind, test_of(file, supposed.kind));
    for (const Scope::Cover& cover : found) watching.insert(&rules()[cover.rule]);
    return found.empty() ? std::nullopt : std::optional(entity_of(*file, supposed.kind));
  };
  const auto was = seen(supposed.was);
  const auto is = seen(supposed.is);
  const auto changes = [&](Occasion occasion) {
    auto found = classify(whole_, occasion, supposed.path, was ? &*was : nullptr, is ? &*is : nullptr);
    std::erase_if(found, [&](const Change& change) { return !watching.contains(change.rule); });
    return found;
  };
  verdict.on_scan = changes(Occasion::Scan);
  verdict.in_real_time = changes(Occasion::RealTime);
}

PathVerdict RuleTrial::judge(const SupposedPath& supposed) const {
  const FeatureTest test = test_of(supposed);
  PathVerdict verdict;
  verdict.is_watched = covers(whole_, supposed, test);
  for (const Part& part : parts_) {
    verdict.sets.push_back(decide(part, supposed, test));
    const Decision decision = verdict.sets.back().decision;
    if (!test && has_tests(*part.set) && decision != Decision::OutsideBase && decision != Decision::OtherKind)
      verdict.depends_on_file = true;
  }
  judge_change(supposed, verdict);
  return verdict;
}

json::object to_json(const SupposedPath& supposed, const PathVerdict& verdict) {
  json::array sets;
  for (const SetVerdict& each : verdict.sets) {
    sets.push_back(json::object{{"rule", escape_non_utf8(each.rule->id)},
                                {"set", name(each.set->kind)},
                                {"base", escape_non_utf8(each.set->base)},
                                {"decision", name(each.decision)},
                                {"by", to_json(each.by)},
                                {"attributes", words_of(each.set->attributes)},
                                {"real_time", each.set->on_change.value_or(true)}});
  }
  json::array changes;
  for (const Change& change : verdict.on_scan) {
    const json::object told = to_json(change, std::nullopt);
    const bool is_heard =
        std::ranges::any_of(verdict.in_real_time, [&](const Change& other) { return other.rule == change.rule; });
    changes.push_back(json::object{{"change", told.at("change")},
                                   {"rule", told.at("rule_id")},
                                   {"severity", told.at("severity")},
                                   {"was", told.at("was")},
                                   {"is", told.at("is")},
                                   {"real_time", is_heard}});
  }
  return {{"path", escape_non_utf8(supposed.path)},
          {"watched", verdict.is_watched},
          {"depends_on_file", verdict.depends_on_file},
          {"sets", std::move(sets)},
          {"changes", std::move(changes)}};
}

}  // namespace warder::integrity

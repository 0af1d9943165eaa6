// How often a rule may or must match before it alerts.
#include "base/text.h"
#include "engines/ips/keywords.h"
#include "engines/ips/rule_builder.h"
#include "engines/ips/threshold_text.h"

namespace warder::ips {

namespace {

Result<void> threshold(RuleBuilder& builder, std::string_view value) {
  builder.rule().thresholds.push_back(WD_TRY(parse_threshold(value).in("threshold")));
  return {};
}

Result<void> detection_filter(RuleBuilder& builder, std::string_view value) {
  auto made = WD_TRY(parse_threshold("type detection," + std::string(value)).in("detection_filter"));
  builder.rule().thresholds.push_back(std::move(made));
  return {};
}

Result<void> rate_filter(RuleBuilder& builder, std::string_view value) {
  auto made = WD_TRY(parse_threshold("type rate," + std::string(value)).in("rate_filter"));
  builder.rule().thresholds.push_back(std::move(made));
  return {};
}

constexpr KeywordRow kRows[] = {
    {"threshold", threshold, "limit, threshold or both, per address, rule or flow"},
    {"detection_filter", detection_filter, "alert only above a rate"},
    {"rate_filter", rate_filter, "another action above a rate"},
};

}  // namespace

std::span<const KeywordRow> threshold_keywords() noexcept {
  return kRows;
}

}  // namespace warder::ips

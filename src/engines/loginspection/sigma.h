// Sigma rules (specification 2) in the form that events are compared with.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engines/loginspection/condition.h"
#include "engines/loginspection/definition.h"
#include "engines/loginspection/event.h"
#include "engines/loginspection/prefilter.h"
#include "engines/loginspection/rule.h"
#include "rules/pattern.h"

namespace warder::loginspection {

/// A field as Sigma names it, and where an event may have it.
struct SigmaField {
  std::string name;
  std::vector<FieldId> ids;  // the first that is there holds
  bool is_in_text = false;   // audit records: "name=value" of the line itself
};

/// One value that a field or the line can be asked for.
struct SigmaValue {
  enum class Kind : std::uint8_t {
    Pattern,
    Network,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Null,
    There,
    OtherField
  };
  Kind kind = Kind::Pattern;
  bool is_wanted = true;  // There: false asks for its absence
  double number = 0;
  std::shared_ptr<const rules::Pattern> pattern;  // nodes are copied where a condition names them twice
  AddressList network;
  SigmaField other;
};

struct SigmaNode {
  enum class Kind : std::uint8_t { All, Any, Not, Field, Keyword };
  Kind kind = Kind::All;
  std::vector<SigmaNode> children;  // All, Any, Not
  SigmaField field;
  std::vector<SigmaValue> values;  // Field, Keyword
  bool needs_all_values = false;
};

/// What of the line's source a rule asks for; empty: anything.
struct SigmaSource {
  std::vector<std::string> programs;  // lower case
  bool is_audit = false;
  bool is_web = false;
};

struct CompiledSigmaRule {
  SigmaRule info;
  std::string name;  // what correlations call it
  SigmaSource source;
  SigmaNode condition;
  bool is_reported = true;  // false: only correlations ask for it
  std::uint32_t bit = 0xffff'ffff;
};

struct SigmaCorrelation {
  enum class Kind : std::uint8_t { EventCount, ValueCount, Temporal, TemporalOrdered };
  SigmaRule info;
  Kind kind = Kind::EventCount;
  std::vector<std::uint32_t> rules;  // indexes
  std::vector<SigmaField> group_by;
  std::vector<SigmaField> values;  // ValueCount: whose different values count
  std::int64_t timespan_s = 0;
  double at_least = 1;  // number wanted; gt, gte, eq
  bool is_exactly = false;
};

struct SigmaSet {
  std::vector<CompiledSigmaRule> rules;
  std::vector<SigmaCorrelation> correlations;
};

struct SigmaLoad {
  SigmaSet set;
  std::vector<Problem> problems;
};
/// What cannot be supported is a problem that names the rule and the feature, and the rule is left out.
SigmaLoad load_sigma(const Definition& definition, FieldNames& names);

/// Takes bits from `next_bit` on.
void add_to_prefilter(SigmaSet& sigma, Prefilter::Builder& builder, std::uint32_t& next_bit);

/// Whether the event is what the rule asks for.
bool matches(const CompiledSigmaRule& rule, const Event& event, rules::Captures& captures);

/// The field's value in the event, if it has one.
std::optional<std::string_view> value_of(const SigmaField& field, const Event& event);

/// "selection and not 1 of filter_*" over named parts. Invalid for what the specification does not have, and for
/// aggregations of version 1.
Result<SigmaNode> parse_sigma_condition(std::string_view text,
                                        const std::vector<std::pair<std::string, SigmaNode>>& parts);

/// "|contains|all" and so on, applied to the values of one field. Invalid names a modifier that is not supported.
Result<std::vector<SigmaValue>> make_sigma_values(const std::vector<std::string>& values,
                                                  const std::vector<bool>& is_null,
                                                  const std::vector<std::string_view>& modifiers, FieldNames& names);

/// Makes the field's places in an event known.
SigmaField make_sigma_field(std::string_view name, bool is_audit, FieldNames& names);

}  // namespace warder::loginspection

#include "engines/loginspection/compiled.h"

namespace warder::loginspection {

Checked check(const Definition& definition) {
  Checked checked;
  FieldNames names;
  DecoderLoad decoders = load_decoders(definition, names);
  RuleLoad rules = load_rules(definition, decoders.decoders, names);
  checked.problems = std::move(decoders.problems);
  checked.problems.insert(checked.problems.end(), rules.problems.begin(), rules.problems.end());
  SigmaLoad sigma = load_sigma(definition, names);
  checked.problems.insert(checked.problems.end(), sigma.problems.begin(), sigma.problems.end());
  Prefilter::Builder builder;
  add_to_prefilter(rules.rules, builder);
  auto bits = static_cast<std::uint32_t>(rules.rules.nodes.size());
  add_to_prefilter(decoders.decoders, builder, bits);
  add_to_prefilter(sigma.set, builder, bits);
  auto prefilter = std::move(builder).build(bits);
  if (!prefilter) {
    checked.problems.push_back({"", 0, prefilter.error().message, true});
    return checked;
  }
  checked.compiled =
      std::make_shared<const Compiled>(definition.dialect, std::move(names), std::move(decoders.decoders),
                                       std::move(rules.rules), std::move(*prefilter), std::move(sigma.set));
  return checked;
}

Result<std::shared_ptr<const Compiled>> compile(const Definition& definition) {
  Checked checked = check(definition);
  for (const Problem& problem : checked.problems) {
    if (problem.is_error) return fail(ErrorCode::Invalid, to_string(problem));
  }
  return std::move(checked.compiled);
}

std::vector<const Rule*> rules(const Compiled& compiled) {
  std::vector<const Rule*> out;
  for (const CompiledRule& rule : compiled.rules.rules) out.push_back(&rule.info);
  return out;
}

std::size_t rule_count(const Compiled& compiled) noexcept {
  return compiled.rules.rules.size();
}
std::size_t decoder_count(const Compiled& compiled) noexcept {
  return compiled.decoders.all.size();
}

std::size_t sigma_rule_count(const Compiled& compiled) noexcept {
  return compiled.sigma.rules.size() + compiled.sigma.correlations.size();
}

}  // namespace warder::loginspection

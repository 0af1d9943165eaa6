// The three pattern languages: what can be compiled ends within its limits, and the strings said to be required are
// there.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "base/text.h"
#include "rules/pattern.h"
#include "rules/required_literals.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warder::rules;
  if (size < 2 || size > 4096) return 0;
  const auto language = static_cast<PatternLanguage>(data[0] % 4);
  const std::string_view text = warder::as_text({data + 1, size - 1});
  const std::size_t middle = text.find('\n');
  const auto pattern = Pattern::compile(language, text.substr(0, middle));
  if (!pattern || middle == std::string_view::npos) return 0;
  const std::string_view subject = text.substr(middle + 1);
  Captures captures;
  if (!pattern->match(subject, captures)) return 0;
  if (captures.end() > subject.size()) std::abort();
  const auto literals = required_literals(pattern->expression());
  if (!literals) return 0;
  const std::string lower = warder::to_lower_ascii(subject);
  const bool has_one = std::any_of(literals->begin(), literals->end(),
                                   [&](const auto& literal) { return lower.find(literal) != std::string::npos; });
  if (!has_one) std::abort();
  return 0;
}

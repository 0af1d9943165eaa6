// What SNS, or who poses as it, answers: each entry of a batch has one fate or the answer is refused, and codes are
// words.
#include "manager/siem/sns_answer.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"

namespace {

using namespace warder;
using namespace warder::manager;

void check(bool holds) {
  if (!holds) std::abort();
}

void check_code(std::string_view code) {
  check(code.size() <= 80);
  check(std::ranges::all_of(code, [](unsigned char c) { return c == '.' || (c < 128 && std::isalnum(c) != 0); }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  check_code(parse_sns_error(text));
  static_cast<void>(parse_sns_publish(text));
  for (const std::size_t count : {std::size_t{1}, std::size_t{10}}) {
    const auto fates = parse_sns_batch(text, count);
    if (!fates) continue;
    check(fates->size() == count);
    for (const auto& failure : *fates)
      if (failure) check_code(failure->code);
  }
  return 0;
}

// SCIM's filters, paths and patches: what parses prints to the same tree, and a patched resource is normal again.
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "base/json.h"
#include "manager/scim/filter.h"
#include "manager/scim/patch.h"

namespace {

using namespace warder;
using namespace warder::manager::scim;

void check(bool holds) {
  if (!holds) std::abort();
}

const json::object& person() {
  static const json::object kPerson =
      parse_json(R"({"userName":"a","name":{"familyName":"F"},"active":true,"emails":[{"value":"x@e.org","type":"work",
        "primary":true},{"value":"y@e.org","type":"home"}]})")
          .value()
          .as_object();
  return kPerson;
}

void try_filter(std::string_view text) {
  const auto filter = parse_filter(text);
  if (!filter) return check(type_of(filter.error()) == "invalidFilter");
  const std::string printed = print(*filter);
  const auto again = parse_filter(printed);
  check(again ? *again == *filter : printed.size() > kMaxFilterBytes);  // numbers print longer
  if (check_filter(user_kind(), *filter)) (void)matches(user_kind(), *filter, person());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  try_filter(text);
  const auto path = parse_path(text);
  if (path) {
    const std::string printed = print(*path);
    const auto again = parse_path(printed);
    check(again ? *again == *path : printed.size() > kMaxFilterBytes);
  }
  const auto body = parse_json(text, 1 << 16, 32);
  if (!body) return 0;
  const auto patched = apply_patch(user_kind(), person(), *body);
  if (!patched) return check(!type_of(patched.error()).empty()), 0;
  check(normalize(user_kind(), *patched).value() == *patched);
  return 0;
}

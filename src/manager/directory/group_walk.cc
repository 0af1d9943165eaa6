#include "manager/directory/group_walk.h"

#include <set>

#include "manager/directory/directory_text.h"

namespace warder::manager {

Result<std::vector<std::string>> walk_groups(const std::string& dn, const GroupsAbove& above, std::size_t max_groups) {
  std::vector<std::string> found;
  std::set<std::string, std::less<>> seen{WD_TRY(normal_dn(dn))};
  std::vector<std::string> open{dn};
  while (!open.empty()) {
    const std::string next = std::move(open.back());
    open.pop_back();
    for (std::string& group : WD_TRY(above(next))) {
      std::string normal = WD_TRY(normal_dn(group));
      if (!seen.insert(normal).second) continue;
      if (found.size() == max_groups)
        return fail(ErrorCode::TooLarge, "more than " + std::to_string(max_groups) + " groups");
      found.push_back(std::move(normal));
      open.push_back(std::move(group));
    }
  }
  return found;
}

}  // namespace warder::manager

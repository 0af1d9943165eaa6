#include "manager/fleet/smart_groups.h"

#include "manager/fleet/testing.h"

namespace warder::manager {
namespace {

class SmartGroupsTest : public FleetTest {
 protected:
  std::int64_t audited(std::string_view action) {
    std::int64_t count = 0;
    const auto page = audit_.list(scope_, {}).value();
    for (const auto& entry : page.items)
      if (entry.record.action == action) ++count;
    return count;
  }
};

TEST_F(SmartGroupsTest, AreKeptByNameAndEveryChangeIsAudited) {
  const SmartGroup debian = smart_groups_.create(scope_, {"Debian", "os:debian"}).value();
  const SmartGroup broken = smart_groups_.create(scope_, {"Broken", "module.ips=degraded"}).value();
  const auto all = smart_groups_.list(scope_).value();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].draft.name, "Broken");
  EXPECT_EQ(smart_groups_.find(scope_, debian.id).value().draft.filter, "os:debian");
  const SmartGroup changed =
      smart_groups_.update(scope_, debian.id, debian.etag(), {"Debian", "os:\"debian*12\""}).value();
  EXPECT_EQ(changed.version, 2);
  EXPECT_EQ(smart_groups_.update(scope_, debian.id, debian.etag(), {"X", "os:x"}).error().code, ErrorCode::Stale);
  EXPECT_TRUE(smart_groups_.remove(scope_, broken.id, broken.etag()));
  EXPECT_EQ(smart_groups_.find(scope_, broken.id).error().code, ErrorCode::NotFound);
  EXPECT_EQ(audited("smart-group.create"), 2);
  EXPECT_EQ(audited("smart-group.update"), 1);
  EXPECT_EQ(audited("smart-group.delete"), 1);
}

TEST_F(SmartGroupsTest, RefusesWhatIsNoGroup) {
  ASSERT_TRUE(smart_groups_.create(scope_, {"Debian", "os:debian"}));
  EXPECT_EQ(smart_groups_.create(scope_, {"Debian", "os:x"}).error().code, ErrorCode::Conflict);
  for (const SmartGroupDraft& draft : {SmartGroupDraft{" ", "os:debian"}, SmartGroupDraft{"Empty", ""},
                                       SmartGroupDraft{"Of events", "severity>=high"}})
    EXPECT_EQ(smart_groups_.create(scope_, draft).error().code, ErrorCode::Invalid) << draft.name;
}

TEST_F(SmartGroupsTest, WhoeverHasAPartOfTheFleetUsesThemAndChangesNone) {
  const SmartGroup group = smart_groups_.create(scope_, {"All", "name:\"*\""}).value();
  Reach reach;
  reach.tags = {"pci"};
  const TenantScope part = ScopeMaker(*tenants_).make(scope_.tenant(), "user:2", {{}, std::move(reach), {}}).value();
  EXPECT_EQ(smart_groups_.list(part).value().size(), 1U);
  EXPECT_EQ(smart_groups_.create(part, {"Mine", "os:debian"}).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(smart_groups_.update(part, group.id, group.etag(), {"Mine", "os:debian"}).error().code,
            ErrorCode::Forbidden);
  EXPECT_EQ(smart_groups_.remove(part, group.id, group.etag()).error().code, ErrorCode::Forbidden);
}

}  // namespace
}  // namespace warder::manager

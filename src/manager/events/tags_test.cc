#include "manager/events/tags.h"

#include <gtest/gtest.h>

#include "manager/events/filter_match.h"
#include "manager/events/testing.h"

namespace warder::manager {
namespace {

using Tags = std::vector<std::string>;

Filter filter(std::string_view text) {
  return parse_filter(text).value();
}

/// Three events: of values 1, 50 and 100, of severities low, critical and medium; tags "a", "a" and "pci", none.
struct Tagged {
  Tagged() {
    events.reopen({.additions = [](const TenantScope&, std::span<StoredEvent* const> stored) -> Result<void> {
      for (StoredEvent* each : stored) {
        const bool is_critical = each->event.severity == Severity::Critical;
        if (is_critical) each->asset_value = 50;
        if (each->event.severity == Severity::Medium) each->asset_value = 100;
        if (each->event.severity != Severity::Medium) add_tag(each->tags, "a");
        if (is_critical) add_tag(each->tags, "pci");
      }
      return {};
    }});
    EXPECT_TRUE(events.ingest({{1, make_event(kNow - std::chrono::minutes{3}, Severity::Low)},
                               {2, make_event(kNow - std::chrono::days{40}, Severity::Critical)},
                               {3, make_event(kNow - std::chrono::minutes{1}, Severity::Medium)}}));
  }
  /// The severities of what matches; in memory the same matches.
  std::vector<Severity> matching(std::string_view text) {
    std::vector<Severity> found;
    for (const StoredEvent& stored : events.all(filter(text))) found.push_back(stored.event.severity);
    std::vector<Severity> in_memory;
    for (const StoredEvent& stored : events.all())
      if (matches(filter(text), stored)) in_memory.push_back(stored.event.severity);
    EXPECT_EQ(found, in_memory) << text;
    return found;
  }
  TestEvents events;
};

using enum Severity;
using Severities = std::vector<Severity>;

TEST(Tags, AreWords) {
  for (const char* good : {"pci", "重要", "two words", "a:b"}) EXPECT_TRUE(check_tag(good)) << good;
  for (const std::string& bad : {std::string{}, std::string{" a"}, std::string{"a,b"}, std::string{"a\"b"},
                                 std::string{"a\nb"}, std::string{"\xff"}, std::string(65, 'a')})
    EXPECT_FALSE(check_tag(bad)) << bad;
}

TEST(Tags, AreSortedEachOnceAndNotTooMany) {
  Tags tags;
  EXPECT_TRUE(add_tag(tags, "b"));
  EXPECT_TRUE(add_tag(tags, "a"));
  EXPECT_FALSE(add_tag(tags, "b"));
  EXPECT_EQ(tags, (Tags{"a", "b"}));
  for (int i = 0; i < 20; ++i) add_tag(tags, "tag-" + std::to_string(i));
  EXPECT_EQ(tags.size(), kMaxEventTags);
  EXPECT_EQ(read_tags(tags_text(tags)).value(), tags);
  EXPECT_TRUE(remove_tag(tags, "a"));
  EXPECT_FALSE(remove_tag(tags, "a"));
}

TEST(Tags, AreFilteredAsAnyOfThem) {
  Tagged tagged;
  EXPECT_EQ(tagged.matching("tag=a"), (Severities{Low, Critical}));
  EXPECT_EQ(tagged.matching("tag=pci"), (Severities{Critical}));
  EXPECT_EQ(tagged.matching("tag!=pci"), (Severities{Medium, Low}));
  EXPECT_EQ(tagged.matching("tag in (pci, other)"), (Severities{Critical}));
  EXPECT_EQ(tagged.matching("tag:\"p*\""), (Severities{Critical}));
  EXPECT_EQ(tagged.matching("not tag:\"*\""), (Severities{Medium}));
  EXPECT_EQ(tagged.matching("tag=A"), (Severities{}));
}

TEST(Tags, AreCountedEachByItself) {
  Tagged tagged;
  const std::vector<const FilterField*> fields{find_filter_field("tag")};
  const Facets facets = tagged.events->facets(tagged.events.scope(), {}, fields, 10).value();
  ASSERT_EQ(facets.facets[0].values.size(), 2U);
  EXPECT_EQ(facets.facets[0].values[0].value, FilterValue{std::string{"a"}});
  EXPECT_EQ(facets.facets[0].values[0].count, 2);
  EXPECT_EQ(facets.facets[0].values[1].count, 1);
  EXPECT_EQ(facets.total, 3);
  const std::vector<const FilterField*> both{find_filter_field("type"), find_filter_field("tag")};
  const EventGroups groups = tagged.events->groups(tagged.events.scope(), {}, both, {}).value();
  ASSERT_EQ(groups.groups.size(), 3U);  // a, pci and none
  EXPECT_EQ(groups.groups[0].count, 2);
  EXPECT_EQ(groups.groups[0].values[1], FilterValue{std::string{"a"}});
}

TEST(Rank, IsTheValueTimesTheWeight) {
  EXPECT_EQ(rank_of(1, Info), 1);
  EXPECT_EQ(rank_of(1, Low), 25);
  EXPECT_EQ(rank_of(100, Critical), 10'000);
  Tagged tagged;
  EXPECT_EQ(tagged.matching("rank>=5000"), (Severities{Medium, Critical}));
  EXPECT_EQ(tagged.matching("rank=25"), (Severities{Low}));
  EXPECT_EQ(tagged.matching("asset_value>50"), (Severities{Medium}));
}

TEST(Rank, OrdersAListPageByPage) {
  Tagged tagged;
  ASSERT_TRUE(tagged.events.ingest({{4, make_event(kNow - std::chrono::minutes{2}, Low)}}));
  EventSelection selection;
  selection.order = EventOrder::Rank;
  Severities found;
  std::vector<Timestamp> times;
  std::string cursor;
  do {
    const EventPage page = tagged.events->list(tagged.events.scope(), selection, 1, cursor).value();
    ASSERT_EQ(page.items.size(), 1U);
    found.push_back(page.items[0].event.severity);
    times.push_back(page.items[0].event.time);
    cursor = page.next_cursor.value_or("");
  } while (!cursor.empty());
  // Medium and critical have the same rank: the newer one is first.
  EXPECT_EQ(found, (Severities{Medium, Critical, Low, Low}));
  EXPECT_GT(times[2], times[3]);
  // A cursor of one order is none of the other.
  cursor = *tagged.events->list(tagged.events.scope(), selection, 1, "").value().next_cursor;
  EXPECT_FALSE(tagged.events->list(tagged.events.scope(), {}, 1, cursor));
}

TEST(Retag, ChangesTheEventsThatArePicked) {
  Tagged tagged;
  const auto all = tagged.events.all();
  std::size_t told = 0;
  TagChange change{{"seen"}, {"a"}, [&](std::size_t count) -> Result<void> {
                     told += count;
                     return {};
                   }};
  const std::vector<EventId> ids{all[0].event.id, all[2].event.id};
  const RetagResult result = tagged.events->retag(tagged.events.scope(), ids, change).value();
  EXPECT_EQ(result.changed, 2U);
  EXPECT_EQ(told, 2U);
  EXPECT_EQ(tagged.matching("tag=seen"), (Severities{Medium, Critical}));
  EXPECT_EQ(tagged.matching("tag=a"), (Severities{Low}));
  EXPECT_EQ(tagged.events->retag(tagged.events.scope(), ids, change).value().changed, 0U);
  change.add = {"x,y"};
  EXPECT_EQ(tagged.events->retag(tagged.events.scope(), ids, change).error().code, ErrorCode::Invalid);
}

TEST(Retag, KeepsNothingThatIsNotRecorded) {
  Tagged tagged;
  const TagChange change{{"seen"}, {}, [](std::size_t) -> Result<void> { return fail(ErrorCode::Unavailable, "no"); }};
  EXPECT_FALSE(tagged.events->retag(tagged.events.scope(), EventSelection{}, change, 100));
  EXPECT_EQ(tagged.matching("tag=seen"), Severities{});
}

TEST(Retag, GoesThroughWhatIsSelectedAndEndsAtItsLimit) {
  TestEvents events;
  ASSERT_TRUE(events.ingest(make_sequence(1, 900)));
  const TagChange change{{"old"}, {}, {}};
  const RetagResult first = events->retag(events.scope(), EventSelection{}, change, 500).value();
  EXPECT_EQ(first.changed, 500U);
  EXPECT_FALSE(first.is_complete);
  const RetagResult second = events->retag(events.scope(), EventSelection{}, change, 500).value();
  EXPECT_EQ(second.changed, 400U);
  EXPECT_TRUE(second.is_complete);
  EXPECT_EQ(events.all(filter("tag=old")).size(), 900U);
  const TagChange back{{}, {"old"}, {}};
  EXPECT_EQ(events->retag(events.scope(), EventSelection{filter("tag=old"), {}, {}}, back, 1000).value().changed, 900U);
  EXPECT_EQ(events.all(filter("not tag:\"*\"")).size(), 900U);
}

}  // namespace
}  // namespace warder::manager

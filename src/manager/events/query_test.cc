#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "manager/events/filter_match.h"
#include "manager/events/testing.h"

namespace warder::manager {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

Filter filter(std::string_view text) {
  return parse_filter(text).value();
}

/// Events over three months with all sorts of values, in the store and beside it.
class Query : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<SequencedEvent> batch;
    for (std::uint64_t i = 0; i < 200; ++i) {
      Event event = make_event(kNow - minutes{static_cast<std::int64_t>(i) * 433}, static_cast<Severity>(i % 5));
      event.rule = i % 3 == 0 ? "" : "rule-" + std::to_string(i % 4);
      event.set("file.path", "/etc/" + std::string(i % 7, 'x'));
      event.set("file.size", static_cast<std::int64_t>(i));
      event.set("change.while_stopped", i % 2 == 0);
      if (i % 10 == 0) event.fields.clear();
      batch.push_back({200 - i, std::move(event)});
    }
    const auto result = events_.ingest(batch);
    ASSERT_TRUE(result) << result.error().message;
    ASSERT_EQ(result->acknowledged, 200U);
    all_ = events_.all();
    ASSERT_EQ(all_.size(), 200U);
  }

  [[nodiscard]] std::int64_t count_if(const EventSelection& selection) const {
    return std::ranges::count_if(all_, [&](const StoredEvent& stored) {
      return matches(selection.filter, stored) && (!selection.from || stored.event.time >= *selection.from) &&
             (!selection.to || stored.event.time < *selection.to);
    });
  }

  TestEvents events_;
  std::vector<StoredEvent> all_;
};

TEST_F(Query, ListsNewestFirstAcrossMonthsInPages) {
  const EventSelection selection{filter("severity>=low"), kNow - days{50}, kNow - days{5}};
  std::vector<StoredEvent> listed;
  std::string cursor;
  int pages = 0;
  do {
    const auto page = events_->list(events_.scope(), selection, 7, cursor);
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_LE(page->items.size(), 7U);
    std::ranges::copy(page->items, std::back_inserter(listed));
    cursor = page->next_cursor.value_or("");
    ++pages;
  } while (!cursor.empty() && pages < 100);
  EXPECT_EQ(static_cast<std::int64_t>(listed.size()), count_if(selection));
  EXPECT_GT(pages, 5);
  EXPECT_TRUE(std::ranges::is_sorted(listed, std::ranges::greater{},
                                     [](const StoredEvent& s) { return std::pair(s.event.time, s.event.id); }));
}

TEST_F(Query, ACursorGoesWithItsListOnly) {
  const auto page = events_->list(events_.scope(), {}, 5, "");
  const std::string cursor = page->next_cursor.value();
  EXPECT_TRUE(events_->list(events_.scope(), {}, 5, cursor));
  std::string forged = cursor;
  forged[3] = forged[3] == 'A' ? 'B' : 'A';
  for (const auto& [selection, text] : std::vector<std::pair<EventSelection, std::string>>{
           {{filter("severity=high"), {}, {}}, cursor}, {{{}, kNow, {}}, cursor}, {{}, forged}, {{}, "x"}}) {
    const auto refused = events_->list(events_.scope(), selection, 5, text);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().message.starts_with("cursor-mismatch"));
  }
}

TEST_F(Query, FindsOneById) {
  const StoredEvent& wanted = all_.at(123);
  EXPECT_EQ(events_->find(events_.scope(), wanted.event.id)->event, wanted.event);
  EXPECT_EQ(events_->find(events_.scope(), EventId{UuidGenerator{fill_random}.next(kNow)}).error().code,
            ErrorCode::NotFound);
}

TEST_F(Query, FindsOneWhoseIdDoesNotTellItsTime) {
  Event event = make_event(kNow - hours{7});
  event.id = EventId{UuidGenerator{fill_random}.next(kNow - days{40})};
  ASSERT_TRUE(events_.ingest({{201, event}}));
  EXPECT_EQ(events_->find(events_.scope(), event.id)->event, event);
}

TEST_F(Query, FacetsCountWhatTheListShows) {
  const std::vector<EventSelection> selections = {
      {},
      {filter("severity>=medium and rule=rule-1"), {}, {}},  // from the rollups
      {filter("type:\"integrity.*\" and action!=blocked"), {}, {}},
      {filter("severity>=medium"), kNow - days{31} - minutes{7}, kNow - minutes{100}},  // with raw edges
      {filter("file.size>50"), kNow - days{40}, {}},                                    // raw
      {filter("host=nobody"), {}, {}}};
  std::vector<const FilterField*> fields;
  for (const std::string_view key :
       {"severity", "rule", "host", "type", "action", "file.path", "change.while_stopped", "agent"})
    fields.push_back(find_filter_field(key));
  for (const EventSelection& selection : selections) {
    SCOPED_TRACE(print_filter(selection.filter));
    const auto facets = events_->facets(events_.scope(), selection, fields, 100);
    ASSERT_TRUE(facets) << facets.error().message;
    EXPECT_EQ(facets->total, count_if(selection));
    for (const Facet& facet : facets->facets) {
      for (const FacetValue& value : facet.values) {
        EventSelection narrowed = selection;
        const auto* text = std::get_if<std::string>(&value.value);
        const std::string word = text != nullptr ? *text
                                 : facet.field == "change.while_stopped"
                                     ? (std::get<std::int64_t>(value.value) != 0 ? "true" : "false")
                                     : std::to_string(std::get<std::int64_t>(value.value));
        const std::string base = print_filter(selection.filter);
        narrowed.filter = filter((base.empty() ? "" : "(" + base + ") and ") + facet.field + "=\"" + word + "\"");
        EXPECT_EQ(value.count, count_if(narrowed)) << facet.field << "=" << word;
      }
    }
  }
}

TEST_F(Query, FacetsAreMostFrequentFirstAndLimited) {
  const std::vector<const FilterField*> fields = {find_filter_field("rule")};
  const auto facet = events_->facets(events_.scope(), {}, fields, 2)->facets.at(0);
  ASSERT_EQ(facet.values.size(), 2U);
  EXPECT_EQ(facet.values[0].value, FilterValue{std::string{}});
  EXPECT_GE(facet.values[0].count, facet.values[1].count);
}

TEST_F(Query, TheHistogramCountsWhatTheListShows) {
  for (const std::size_t buckets : {1U, 7U, 60U, 500U}) {
    for (const std::string_view text : {"", "severity>=high", "file.size<100"}) {
      SCOPED_TRACE(std::to_string(buckets) + " " + std::string{text});
      const EventSelection selection{filter(text), kNow - days{45} - minutes{11}, kNow - minutes{13}};
      const auto histogram = events_->histogram(events_.scope(), selection, buckets);
      ASSERT_TRUE(histogram) << histogram.error().message;
      EXPECT_LE(histogram->buckets.size(), buckets);
      for (const HistogramBucket& bucket : histogram->buckets) {
        EventSelection part = selection;
        part.from = std::max(*selection.from, bucket.time);
        part.to = std::min(*selection.to, bucket.time + histogram->interval);
        std::int64_t sum = 0;
        for (const auto& [severity, count] : bucket.counts) sum += count;
        EXPECT_EQ(sum, count_if(part)) << to_rfc3339(bucket.time);
      }
    }
  }
}

TEST_F(Query, TheHistogramIsOfTheLastDayUnlessAsked) {
  const auto histogram = events_->histogram(events_.scope(), {}, 24);
  EXPECT_EQ(histogram->interval, hours{1});
  EXPECT_EQ(histogram->buckets.size(), 24U);
  EXPECT_EQ(histogram->buckets.front().time, kNow - hours{24});
  EXPECT_EQ(events_->histogram(events_.scope(), {{}, kNow, kNow}, 24).error().code, ErrorCode::Invalid);
}

TEST_F(Query, CountsBySeverity) {
  const auto counts = events_->count_by_severity(events_.scope(), kNow - days{2});
  std::int64_t sum = 0;
  for (const auto& [severity, count] : *counts) sum += count;
  EXPECT_EQ(sum, count_if({{}, kNow - days{2}, {}}));
}

TEST_F(Query, ReceivedSinceIsInTheOrderOfReception) {
  events_.clock().advance(minutes{1});
  ASSERT_TRUE(events_.ingest({{201, make_event(kNow - hours{3})}}));
  events_.clock().advance(minutes{1});
  ASSERT_TRUE(events_.ingest({{202, make_event(kNow - hours{4})}}));
  const auto since = events_->received_since(events_.scope(), {}, kNow + minutes{1}, 10);
  ASSERT_EQ(since->size(), 2U);
  EXPECT_EQ(since->at(0).received, kNow + minutes{1});
  EXPECT_EQ(since->at(1).received, kNow + minutes{2});
}

/// The SQL and the evaluator agree on every filter.
rc::Gen<std::string> gen_value() {
  return rc::gen::element<std::string>("a", "A*", "web-1", "*e?*", "rule-1", "", "/etc/xx", "x", "50%", "_");
}

rc::Gen<std::string> gen_term() {
  const auto text =
      rc::gen::apply([](const std::string& field, const std::string& op,
                        const std::string& value) { return field + op + "\"" + value + "\""; },
                     rc::gen::element<std::string>("host", "rule", "type", "file.path", "file.path.was", "user.name"),
                     rc::gen::element<std::string>("=", "!=", ":", "<", ">="), gen_value());
  const auto any = rc::gen::map(gen_value(), [](const std::string& value) { return "\"" + value + "\""; });
  const auto number =
      rc::gen::apply([](const std::string& op, int value) { return "file.size" + op + std::to_string(value); },
                     rc::gen::element<std::string>("=", "!=", "<", "<=", ">", ">="), rc::gen::inRange(0, 200));
  const auto list =
      rc::gen::apply([](const std::string& a, const std::string& b) { return "rule in (\"" + a + "\",\"" + b + "\")"; },
                     gen_value(), gen_value());
  const auto word = rc::gen::element<std::string>(
      "severity>=high", "severity!=low", "module=integrity", "action:b*", "change.while_stopped=true",
      "change.while_stopped!=true", "time<2026-11-01T00:00:00Z", "agent!=01890a5d-ac96-774b-bcce-b302099a8057");
  return rc::gen::oneOf(text, any, number, list, word);
}

rc::Gen<std::string> gen_filter(int depth) {
  if (depth == 0) return gen_term();
  const auto smaller = rc::gen::lazy([depth] { return gen_filter(depth - 1); });
  const auto pair = [&smaller](const std::string& word) {
    return rc::gen::apply(
        [word](const std::string& a, const std::string& b) { return "(" + a + ") " + word + " (" + b + ")"; }, smaller,
        smaller);
  };
  const auto negated = rc::gen::map(smaller, [](const std::string& inner) { return "not (" + inner + ")"; });
  return rc::gen::oneOf(gen_term(), pair("and"), pair("or"), negated);
}

TEST_F(Query, SqlAndEvaluatorAgree) {
  const bool agree = rc::check([this] {
    const std::string text = *gen_filter(3);
    const Filter parsed = filter(text);
    RC_ASSERT(parse_filter(print_filter(parsed)).value() == parsed);
    std::vector<EventId> by_sql;
    for (const StoredEvent& stored : events_.all(parsed)) by_sql.push_back(stored.event.id);
    std::vector<EventId> by_evaluator;
    for (const StoredEvent& stored : all_) {
      if (matches(parsed, stored)) by_evaluator.push_back(stored.event.id);
    }
    RC_ASSERT(by_sql == by_evaluator);
  });
  EXPECT_TRUE(agree);
}

TEST(EventSchemas, EveryColumnHasAPersonalDataClass) {
  for (const FeatureSchema& schema : {events_file_schema(), events_config_schema()}) {
    const auto checked = check_schemas(std::vector{schema});
    EXPECT_TRUE(checked) << checked.error().message;
  }
}

}  // namespace
}  // namespace warder::manager

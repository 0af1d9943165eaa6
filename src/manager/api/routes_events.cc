#include "manager/api/routes_events.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "manager/api/event_streams.h"
#include "manager/events/export.h"
#include "manager/events/filter.h"
#include "manager/events/filter_term.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMostFacets = 12;
constexpr std::size_t kExportPage = 500;
constexpr std::size_t kMostMissed = 1'000;

/// What the handlers stand on; lives as long as the routes.
struct EventRoutes {
  EventRoutes(EventStore& its_events, EventFeed& its_feed, const Messages& its_messages)
      : events(its_events), feed(its_feed), messages(its_messages), tails(its_feed, its_messages) {}
  EventStore& events;
  EventFeed& feed;
  const Messages& messages;
  EventTails tails;
  ExportThreads exports;
};
using EventRoutesRef = std::shared_ptr<EventRoutes>;

ApiResponse json_response(json::value body) {
  ApiResponse response;
  response.body = std::move(body);
  return response;
}

Result<std::optional<Timestamp>> time_parameter(const ApiRequest& request, std::string_view name) {
  const auto text = request.query(name);
  if (!text) return std::optional<Timestamp>{};
  return std::optional{WD_TRY(parse_rfc3339(*text).in(name))};
}

Result<EventSelection> read_selection(const ApiRequest& request) {
  return EventSelection{WD_TRY(parse_filter(request.query("filter").value_or(""))),
                        WD_TRY(time_parameter(request, "from")), WD_TRY(time_parameter(request, "to"))};
}

Result<std::vector<const FilterField*>> read_fields(const std::string& text) {
  std::vector<const FilterField*> fields;
  for (const std::string_view part : split(text, ',')) {
    const std::string key{trim(part)};
    const FilterField* field = find_filter_field(key);
    if (field == nullptr || field->kind == FilterFieldKind::AnyText)
      return fail(ErrorCode::Invalid, "fields: there is no field '" + key + "'");
    fields.push_back(field);
  }
  if (fields.size() > kMostFacets) return fail(ErrorCode::TooLarge, "fields: more than 12");
  return fields;
}

json::value facet_json(const FilterField& field, const FilterValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return json::value(*text);
  const std::int64_t number = std::get<std::int64_t>(value);
  return field.kind == FilterFieldKind::Boolean ? json::value(number != 0) : json::value(number);
}

Result<ApiResponse> list_fields() {
  json::array items;
  for (const FilterField& field : filter_fields()) {
    items.push_back(json::object{{"key", field.key},
                                 {"type", name(field.kind)},
                                 {"personal_data", name(field.personal_data)},
                                 {"doc", field.doc}});
  }
  return json_response(json::object{{"items", std::move(items)}});
}

Result<ApiResponse> list_events(EventRoutes& routes, const ApiRequest& request) {
  constexpr std::int64_t kDefaultLimit = 100;
  EventSelection selection = WD_TRY(read_selection(request));
  if (request.query("order").value_or("") == "rank") selection.order = EventOrder::Rank;
  const auto limit = static_cast<std::size_t>(request.query_int("limit", kDefaultLimit));
  const EventPage page =
      WD_TRY(routes.events.list(request.tenant_scope(), selection, limit, request.query("cursor").value_or("")));
  json::array items;
  for (const StoredEvent& stored : page.items) items.push_back(to_api_json(stored, routes.messages, request.locale()));
  return json_response(
      json::object{{"items", std::move(items)},
                   {"next_cursor", page.next_cursor ? json::value(*page.next_cursor) : json::value(nullptr)}});
}

Result<ApiResponse> get_facets(EventRoutes& routes, const ApiRequest& request) {
  constexpr std::int64_t kDefaultLimit = 10;
  const EventSelection selection = WD_TRY(read_selection(request));
  const auto fields = WD_TRY(read_fields(request.query("fields").value_or("")));
  const Facets facets = WD_TRY(routes.events.facets(
      request.tenant_scope(), selection, fields, static_cast<std::size_t>(request.query_int("limit", kDefaultLimit))));
  json::array list;
  for (std::size_t i = 0; i < facets.facets.size(); ++i) {
    json::array values;
    for (const FacetValue& value : facets.facets[i].values)
      values.push_back(json::object{{"value", facet_json(*fields[i], value.value)}, {"count", value.count}});
    list.push_back(json::object{{"field", facets.facets[i].field}, {"values", std::move(values)}});
  }
  return json_response(json::object{{"facets", std::move(list)}, {"total", facets.total}});
}

Result<ApiResponse> get_histogram(EventRoutes& routes, const ApiRequest& request) {
  constexpr std::int64_t kDefaultBuckets = 60;
  const auto buckets = static_cast<std::size_t>(request.query_int("buckets", kDefaultBuckets));
  const EventHistogram histogram =
      WD_TRY(routes.events.histogram(request.tenant_scope(), WD_TRY(read_selection(request)), buckets));
  json::array list;
  for (const HistogramBucket& bucket : histogram.buckets) {
    json::object counts;
    for (const auto& [severity, count] : bucket.counts) counts[name(severity)] = count;
    list.push_back(json::object{{"time", to_rfc3339(bucket.time)}, {"counts", std::move(counts)}});
  }
  return json_response(json::object{{"interval_s", histogram.interval.count()}, {"buckets", std::move(list)}});
}

/// One of the group's events: the latest, as an example.
json::value latest_json(EventRoutes& routes, const ApiRequest& request, const EventSelection& selection,
                        std::span<const FilterField* const> fields, const EventGroup& group) {
  Filter filter;
  filter.kind = Filter::Kind::And;
  if (selection.filter.kind != Filter::Kind::All) filter.children.push_back(selection.filter);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!group.values[i]) continue;
    const auto* const text = std::get_if<std::string>(&*group.values[i]);
    const std::string value = text != nullptr ? *text : filter_value_text(*fields[i], *group.values[i]);
    auto term = make_filter_term(fields[i]->key, FilterOp::Equal, {value});
    if (term) filter.children.push_back({Filter::Kind::Term, {}, std::move(*term)});
  }
  if (filter.children.empty()) filter = {};
  if (filter.children.size() == 1) {
    Filter only = std::move(filter.children.front());
    filter = std::move(only);
  }
  const EventSelection one{std::move(filter), group.last, group.last + std::chrono::microseconds{1}};
  const auto page = routes.events.list(request.tenant_scope(), one, 1, "");
  if (!page || page->items.empty()) return nullptr;
  return to_api_json(page->items.front(), routes.messages, request.locale());
}

Result<ApiResponse> get_groups(EventRoutes& routes, const ApiRequest& request) {
  constexpr std::int64_t kDefaultLimit = 50;
  constexpr std::size_t kMostFields = 4;
  const EventSelection selection = WD_TRY(read_selection(request));
  const auto fields = WD_TRY(read_fields(request.query("by").value_or("")));
  if (fields.size() > kMostFields) return fail(ErrorCode::Invalid, "by: more than 4 fields");
  GroupQuery query{static_cast<std::size_t>(request.query_int("limit", kDefaultLimit)), GroupOrder::Count};
  const std::string order = request.query("order").value_or("count");
  if (order == "last") query.order = GroupOrder::Last;
  if (order == "severity") query.order = GroupOrder::Severity;
  const EventGroups found = WD_TRY(routes.events.groups(request.tenant_scope(), selection, fields, query));
  json::array by;
  for (const FilterField* field : fields) by.push_back(json::value(field->key));
  json::array groups;
  for (const EventGroup& group : found.groups) {
    json::array values;
    for (std::size_t i = 0; i < fields.size(); ++i)
      values.push_back(group.values[i] ? facet_json(*fields[i], *group.values[i]) : json::value());
    groups.push_back(json::object{{"values", std::move(values)},
                                  {"count", group.count},
                                  {"first", to_rfc3339(group.first)},
                                  {"last", to_rfc3339(group.last)},
                                  {"severity", name(group.highest)},
                                  {"latest", latest_json(routes, request, selection, fields, group)}});
  }
  return json_response(json::object{{"by", std::move(by)}, {"groups", std::move(groups)}, {"total", found.total}});
}

Result<ApiResponse> get_event(EventRoutes& routes, const ApiRequest& request) {
  const auto id = WD_TRY(parse_id<EventId>(request.path_parameter("id")).in("id"));
  const StoredEvent stored = WD_TRY(routes.events.find(request.tenant_scope(), id));
  return json_response(to_api_json(stored, routes.messages, request.locale()));
}

/// What came after the event that the client saw last, oldest first.
Result<std::vector<StoredEvent>> read_missed(EventRoutes& routes, const TenantScope& scope, const Filter& filter,
                                             std::string_view last_id) {
  if (last_id.empty()) return std::vector<StoredEvent>{};
  const TailPosition last = WD_TRY(parse_tail_id(last_id));
  auto missed = WD_TRY(routes.events.received_since(scope, filter, last.received, kMostMissed));
  std::erase_if(missed, [&](const StoredEvent& stored) { return stored.event.id == last.id; });
  return missed;
}

Result<ApiResponse> tail_events(const EventRoutesRef& routes, const ApiRequest& request) {
  const Filter filter = WD_TRY(parse_filter(request.query("filter").value_or("")));
  // Follows before it reads: what is stored in between comes from both, never from none.
  auto follower = WD_TRY(routes->events.follow(request.tenant_scope(), filter));
  auto missed = WD_TRY(read_missed(*routes, request.tenant_scope(), filter, request.http.header("last-event-id")));
  ApiResponse response;
  response.headers = {
      {"content-type", "text/event-stream"}, {"cache-control", "no-store"}, {"x-accel-buffering", "no"}};
  response.stream = [routes, follower = std::move(follower), missed = std::move(missed),
                     locale = std::string{request.locale()}](std::shared_ptr<ResponseStream> stream) {
    routes->tails.add(std::move(stream), follower, locale, missed);
  };
  return response;
}

struct ExportJob {
  EventRoutes* routes = nullptr;  // ends its threads before itself
  TenantScope scope;
  EventSelection selection;
  std::string locale;
  bool is_csv = false;
};

std::string export_text(const ExportJob& job, std::span<const StoredEvent> events) {
  std::string text;
  for (const StoredEvent& stored : events) {
    text += job.is_csv ? csv_line(stored, job.routes->messages, job.locale)
                       : jsonl_line(stored, job.routes->messages, job.locale);
  }
  return text;
}

/// The last line of a file that is not whole: the head of the answer, with its status, is long gone.
std::string broken_off(const ExportJob& job, const Error& error) {
  const std::string text = "the export is not complete: " + error.message;
  return job.is_csv ? "\"" + text + "\"\r\n" : json::serialize(json::object{{"problem", text}}) + "\n";
}

void run_export(const ExportJob& job, ResponseStream& stream, const std::stop_token& stop) {
  bool is_going = !job.is_csv || write_patiently(stream, csv_head(), stop);
  std::string cursor;
  while (is_going) {
    const auto page = job.routes->events.list(job.scope, job.selection, kExportPage, cursor);
    const std::string text = page ? export_text(job, page->items) : broken_off(job, page.error());
    is_going = write_patiently(stream, text, stop) && page && page->next_cursor.has_value();
    if (is_going) cursor = *page->next_cursor;
  }
  stream.close();
}

Result<ApiResponse> export_events(const EventRoutesRef& routes, const ApiRequest& request) {
  ExportJob job{routes.get(), request.tenant_scope(), WD_TRY(read_selection(request)), std::string{request.locale()},
                request.query("format").value_or("jsonl") == "csv"};
  ApiResponse response;
  response.headers = {
      {"content-type", job.is_csv ? "text/csv; charset=utf-8" : "application/x-ndjson"},
      {"content-disposition", std::string{"attachment; filename=\"events."} + (job.is_csv ? "csv" : "jsonl") + "\""},
      {"cache-control", "no-store"}};
  response.stream = [routes, job = std::move(job)](const std::shared_ptr<ResponseStream>& stream) {
    const bool is_started =
        routes->exports.start([job, stream](const std::stop_token& stop) { run_export(job, *stream, stop); });
    if (is_started) return;
    stream->write(broken_off(job, {ErrorCode::TooMany, "too many exports run at once; try again"}));
    stream->close();
  };
  return response;
}

}  // namespace

void add_event_routes(Routes& routes, EventStore& events, EventFeed& feed, const Messages& messages) {
  const auto shared = std::make_shared<EventRoutes>(events, feed, messages);
  routes.add("listEventFields", [](const ApiRequest& /*request*/) { return list_fields(); });
  routes.add("listEvents", [shared](const ApiRequest& request) { return list_events(*shared, request); });
  routes.add("getEventFacets", [shared](const ApiRequest& request) { return get_facets(*shared, request); });
  routes.add("getEventGroups", [shared](const ApiRequest& request) { return get_groups(*shared, request); });
  routes.add("getEventHistogram", [shared](const ApiRequest& request) { return get_histogram(*shared, request); });
  routes.add("getEvent", [shared](const ApiRequest& request) { return get_event(*shared, request); });
  routes.add("tailEvents", [shared](const ApiRequest& request) { return tail_events(shared, request); });
  routes.add("exportEvents", [shared](const ApiRequest& request) { return export_events(shared, request); });
}

}  // namespace warder::manager

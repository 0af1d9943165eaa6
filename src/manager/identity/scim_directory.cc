#include "manager/identity/scim_directory.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "base/text.h"
#include "manager/identity/provider_scim.h"
#include "manager/identity/rows.h"
#include "manager/scim/patch.h"

namespace warder::manager {
namespace {

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* const value = find(object, name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool is_group(const scim::Kind& kind) {
  return &kind == &scim::group_kind();
}

std::vector<std::string> members_in(const json::object& attributes) {
  std::vector<std::string> members;
  const json::value* const list = find(attributes, "members");
  if (list == nullptr) return members;
  for (const json::value& member : list->as_array()) members.push_back(text_of(member.as_object(), "value"));
  std::ranges::sort(members);
  return members;
}

/// The primary address, else the first.
std::optional<std::string> email_of(const json::object& person) {
  const json::value* const list = find(person, "emails");
  if (list == nullptr) return std::nullopt;
  std::string first;
  for (const json::value& each : list->as_array()) {
    const std::string value = text_of(each.as_object(), "value");
    const json::value* const primary = find(each.as_object(), "primary");
    if (primary != nullptr && primary->as_bool() && !value.empty()) return value;
    if (first.empty()) first = value;
  }
  if (first.empty()) return std::nullopt;
  return first;
}

std::string display_name_of(const json::object& person) {
  if (const std::string display = text_of(person, "displayName"); !display.empty()) return display;
  const json::value* const name = find(person, "name");
  if (name == nullptr) return text_of(person, "userName");
  const json::object& parts = name->as_object();
  if (const std::string formatted = text_of(parts, "formatted"); !formatted.empty()) return formatted;
  const std::string given = text_of(parts, "givenName");
  const std::string family = text_of(parts, "familyName");
  const std::string both = given + (given.empty() || family.empty() ? "" : " ") + family;
  return both.empty() ? text_of(person, "userName") : both;
}

bool is_active(const json::object& person) {
  const json::value* const active = find(person, "active");
  return active == nullptr || active->as_bool();
}

/// RFC 9110 section 13.1.1, for weak tags too: SCIM has no others.
Result<void> check_match(std::string_view if_match, std::int64_t version) {
  if (if_match.empty() || trim(if_match) == "*") return {};
  const std::string wanted = scim_etag(version);
  for (const std::string_view each : split(if_match, ','))
    if (trim(each) == wanted || "W/" + std::string(trim(each)) == wanted) return {};
  return fail(ErrorCode::Stale, "the resource was changed since you read it; read it again");
}

bool mentions(const scim::Filter& filter, std::string_view attribute) {
  return equals_ignoring_case(filter.path.name, attribute) ||
         std::ranges::any_of(filter.children, [&](const scim::Filter& child) { return mentions(child, attribute); });
}

/// "userName eq \"x\"" and the like, which need not look at everybody.
struct Lookup {
  std::string attribute;
  std::string value;
};
std::optional<Lookup> lookup_of(const scim::Kind& kind, const std::optional<scim::Filter>& filter) {
  if (!filter || filter->kind != scim::Filter::Kind::Compare || filter->comparison != scim::Comparison::Equal ||
      !filter->value.is_string() || !filter->path.part.empty())
    return std::nullopt;
  const std::string value(filter->value.get_string());
  for (const std::string_view name : {"id", "userName", "externalId"}) {
    if (!equals_ignoring_case(filter->path.name, name)) continue;
    if (name != "id" && is_group(kind)) return std::nullopt;
    return Lookup{std::string(name), value};
  }
  return std::nullopt;
}

Result<std::vector<ScimRow>> candidates(const ScimRows& rows, const scim::Kind& kind, const scim::Query& query,
                                        bool with_members) {
  const auto lookup = lookup_of(kind, query.filter);
  if (!lookup) return rows.all(kind, with_members);
  if (lookup->attribute != "id") return rows.people_by(lookup->attribute, lookup->value);
  std::vector<ScimRow> found;
  if (auto row = WD_TRY(rows.find(kind, lookup->value, with_members))) found.push_back(std::move(*row));
  return found;
}

tl::unexpected<Error> no_resource() {
  return fail(ErrorCode::NotFound, "no such resource");
}

Result<json::object> whole(const scim::Kind& kind, const json::object& resource) {
  json::object attributes = WD_TRY(scim::normalize(kind, resource));
  WD_TRY(scim::check_whole(kind, attributes));
  return attributes;
}

/// What is said once and for all, whoever wrote it.
void complete(const scim::Kind& kind, json::object& attributes) {
  if (!is_group(kind)) {
    if (!attributes.contains("active")) attributes["active"] = true;
    return;
  }
  json::array members;
  const auto listed = members_in(attributes);
  for (const std::string& person : std::set<std::string>(listed.begin(), listed.end()))
    members.push_back(json::object{{"value", person}, {"type", "User"}});
  if (members.empty())
    attributes.erase("members");
  else
    attributes["members"] = std::move(members);
}

}  // namespace

std::string scim_etag(std::int64_t version) {
  return "W/\"" + std::to_string(version) + "\"";
}

json::object scim_document(const scim::Kind& kind, const ScimRow& row, const std::vector<ScimGroupName>& groups,
                           const std::string& base) {
  json::object document{{"schemas", json::array{kind.schema}}, {"id", row.id}};
  for (const auto& [key, value] : row.attributes) document.emplace(key, value);
  if (const auto members = document.find("members"); members != document.end()) {
    for (json::value& member : members->value().as_array())
      member.as_object()["$ref"] = base + "/Users/" + text_of(member.as_object(), "value");
  }
  if (!groups.empty()) {
    json::array listed;
    for (const ScimGroupName& group : groups)
      listed.push_back(
          json::object{{"value", group.id}, {"$ref", base + "/Groups/" + group.id}, {"display", group.name}});
    document["groups"] = std::move(listed);
  }
  document["meta"] = json::object{{"resourceType", kind.name},
                                  {"created", to_rfc3339(row.created)},
                                  {"lastModified", to_rfc3339(row.modified)},
                                  {"location", base + "/" + std::string(kind.endpoint) + "/" + row.id},
                                  {"version", scim_etag(row.version)}};
  return document;
}

Result<IdentityProvider> ScimDirectory::provider_of(const TenantScope& scope,
                                                    const std::optional<IdentityProviderId>& bound) {
  std::vector<IdentityProvider> usable;
  for (IdentityProvider& provider : WD_TRY(providers_.list(scope)))
    if (provider.kind == "scim" && provider.is_enabled && (!bound || provider.id == *bound))
      usable.push_back(std::move(provider));
  if (usable.size() == 1) return std::move(usable.front());
  if (usable.empty())
    return fail(ErrorCode::Conflict, "there is no identity provider of kind scim in use for this key");
  return fail(ErrorCode::Conflict, "there are several identity providers of kind scim; use a key that is bound to one");
}

Result<ScimPage> ScimDirectory::list(const TenantScope& scope, const IdentityProvider& provider, const scim::Kind& kind,
                                     const scim::Query& query, const std::string& base) {
  if (query.filter) WD_TRY(scim::check_filter(kind, *query.filter));
  if (query.sort_by) WD_TRY(scim::check_sort(kind, *query.sort_by));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const ScimRows rows(*db, tenants_, scope, provider.id);
  const bool with_members = query.with_members || (query.filter && mentions(*query.filter, "members"));
  std::map<std::string, std::vector<ScimGroupName>> groups;
  if (!is_group(kind)) groups = WD_TRY(rows.memberships());
  std::vector<json::object> documents;
  for (const ScimRow& row : WD_TRY(candidates(rows, kind, query, with_members))) {
    const auto found = groups.find(row.id);
    documents.push_back(
        scim_document(kind, row, found == groups.end() ? std::vector<ScimGroupName>{} : found->second, base));
  }
  const std::vector<std::size_t> chosen = scim::choose(kind, query, documents);
  ScimPage page;
  page.total = static_cast<std::int64_t>(chosen.size());
  const auto begin = static_cast<std::size_t>(query.start - 1);
  for (std::size_t i = begin; i < chosen.size() && i - begin < static_cast<std::size_t>(query.count); ++i)
    page.resources.push_back(std::move(documents[chosen[i]]));
  return page;
}

Result<ScimRow> ScimDirectory::find(const TenantScope& scope, const IdentityProvider& provider, const scim::Kind& kind,
                                    std::string_view id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto row = WD_TRY(ScimRows(*db, tenants_, scope, provider.id).find(kind, id));
  if (!row) return no_resource();
  return std::move(*row);
}

Result<std::vector<ScimGroupName>> ScimDirectory::groups_of(const TenantScope& scope, const IdentityProvider& provider,
                                                            const scim::Kind& kind, std::string_view id) {
  if (is_group(kind)) return std::vector<ScimGroupName>{};
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return ScimRows(*db, tenants_, scope, provider.id).groups_of(id);
}

/// The names that may be there once, and members that are there.
Result<void> ScimDirectory::check_row(const ScimRows& rows, const scim::Kind& kind, const ScimRow& row) const {
  if (!is_group(kind)) {
    for (const ScimRow& other : WD_TRY(rows.people_by("userName", text_of(row.attributes, "userName"))))
      if (other.id != row.id) return scim::fail_as("uniqueness", "/userName: somebody else has it");
    return {};
  }
  const auto known = WD_TRY(rows.members_of(row.id));
  for (const std::string& person : members_in(row.attributes)) {
    if (std::ranges::find(known, person) != known.end()) continue;
    if (!WD_TRY(rows.find(scim::user_kind(), person)))
      return scim::fail_as("invalidValue", "/members: there is no person with the id " + person.substr(0, 64));
  }
  return {};
}

Result<void> ScimDirectory::note(Db& db, const TenantScope& scope, const IdentityProvider& provider,
                                 const scim::Kind& kind, std::string_view verb, const std::string& id) const {
  const std::string object = is_group(kind) ? "scim-group:" : "scim-user:";
  WD_TRY(audit_.append_in(db, scope,
                          {std::string(is_group(kind) ? "scim.group." : "scim.user.").append(verb),
                           object + id,
                           AuditOutcome::Success,
                           {{"provider", provider.id.text()}}}));
  return {};
}

Result<ScimRow> ScimDirectory::create(const TenantScope& scope, const IdentityProvider& provider,
                                      const scim::Kind& kind, const json::object& resource) {
  ScimRow row;
  row.attributes = WD_TRY(whole(kind, resource));
  complete(kind, row.attributes);
  row.created = clock_.now();
  row.modified = row.created;
  row.id = make_id<UserId>(row.created).text();
  {
    auto db = WD_TRY(tenants_.config(scope).acquire());
    auto tx = WD_TRY(Tx::begin(*db));
    const ScimRows rows(*db, tenants_, scope, provider.id);
    if (WD_TRY(rows.count(kind)) >= (is_group(kind) ? kMaxScimGroups : kMaxScimPeople))
      return fail(ErrorCode::Forbidden, "this provider has as many as it may have");
    WD_TRY(check_row(rows, kind, row));
    WD_TRY(rows.store(kind, row));
    WD_TRY(note(*db, scope, provider, kind, "create", row.id));
    WD_TRY(tx.commit());
  }
  const auto settled = settle(scope, provider, is_group(kind) ? members_in(row.attributes) : std::vector{row.id});
  if (settled) return row;
  WD_TRY(undo(scope, provider, kind, row.id, std::nullopt));
  return fail(settled.error());
}

Result<ScimRow> ScimDirectory::replace(const TenantScope& scope, const IdentityProvider& provider,
                                       const scim::Kind& kind, std::string_view id, std::string_view if_match,
                                       const json::object& resource) {
  json::object attributes = WD_TRY(whole(kind, resource));
  return change(scope, provider, kind, id, if_match,
                [&](const json::object& /*before*/) -> Result<json::object> { return attributes; });
}

Result<ScimRow> ScimDirectory::patch(const TenantScope& scope, const IdentityProvider& provider, const scim::Kind& kind,
                                     std::string_view id, std::string_view if_match, const json::value& request) {
  return change(scope, provider, kind, id, if_match,
                [&](const json::object& before) { return scim::apply_patch(kind, before, request); });
}

Result<ScimRow> ScimDirectory::change(const TenantScope& scope, const IdentityProvider& provider,
                                      const scim::Kind& kind, std::string_view id, std::string_view if_match,
                                      const Change& change) {
  ScimRow before;
  ScimRow after;
  {
    auto db = WD_TRY(tenants_.config(scope).acquire());
    auto tx = WD_TRY(Tx::begin(*db));
    const ScimRows rows(*db, tenants_, scope, provider.id);
    auto found = WD_TRY(rows.find(kind, id));
    if (!found) return no_resource();
    WD_TRY(check_match(if_match, found->version));
    before = std::move(*found);
    after = before;
    after.attributes = WD_TRY(change(before.attributes));
    complete(kind, after.attributes);
    if (after.attributes == before.attributes) return before;
    ++after.version;
    after.modified = clock_.now();
    WD_TRY(check_row(rows, kind, after));
    WD_TRY(rows.store(kind, after));
    WD_TRY(note(*db, scope, provider, kind, "update", after.id));
    WD_TRY(tx.commit());
  }
  std::vector<std::string> people = {after.id};
  if (is_group(kind)) {
    people.clear();
    const auto was = members_in(before.attributes);
    const auto is = members_in(after.attributes);
    if (text_of(before.attributes, "displayName") == text_of(after.attributes, "displayName"))
      std::ranges::set_symmetric_difference(was, is, std::back_inserter(people));
    else
      std::ranges::set_union(was, is, std::back_inserter(people));
  }
  const auto settled = settle(scope, provider, people);
  if (settled) return after;
  WD_TRY(undo(scope, provider, kind, after.id, before));
  return fail(settled.error());
}

Result<void> ScimDirectory::remove(const TenantScope& scope, const IdentityProvider& provider, const scim::Kind& kind,
                                   std::string_view id, std::string_view if_match) {
  std::vector<std::string> people;
  {
    auto db = WD_TRY(tenants_.config(scope).acquire());
    auto tx = WD_TRY(Tx::begin(*db));
    const ScimRows rows(*db, tenants_, scope, provider.id);
    const auto row = WD_TRY(rows.find(kind, id));
    if (!row) return no_resource();
    WD_TRY(check_match(if_match, row->version));
    people = members_in(row->attributes);
    WD_TRY(rows.remove(kind, id));
    WD_TRY(note(*db, scope, provider, kind, "delete", row->id));
    WD_TRY(tx.commit());
  }
  if (is_group(kind)) return settle(scope, provider, people);
  const TenantScope own = WD_TRY(scopes_.make(scope.tenant(), "identity-provider:" + provider.id.text()));
  const auto user = WD_TRY(external_.find(own, provider.id, id));
  if (!user) return {};
  const bool was_disabled_here = user->disabled && !WD_TRY(external_.is_gone(own, provider.id, id));
  WD_TRY(external_.leave(own, provider.id, id, "scim-delete"));
  return was_disabled_here ? Result<void>{} : users_.remove(own, user->id, "*");
}

/// The rows as they were: a change that makes no user is none.
Result<void> ScimDirectory::undo(const TenantScope& scope, const IdentityProvider& provider, const scim::Kind& kind,
                                 const std::string& id, const std::optional<ScimRow>& before) {
  {
    auto db = WD_TRY(tenants_.config(scope).acquire());
    auto tx = WD_TRY(Tx::begin(*db));
    const ScimRows rows(*db, tenants_, scope, provider.id);
    WD_TRY(before ? rows.store(kind, *before) : rows.remove(kind, id));
    WD_TRY(note(*db, scope, provider, kind, "undo", id));
    WD_TRY(tx.commit());
  }
  // Others of the group may have got theirs already.
  if (!is_group(kind)) return {};
  for (const std::string& person : before ? members_in(before->attributes) : std::vector<std::string>{})
    if (const auto settled = settle_one(scope, provider, person); !settled) continue;
  return {};
}

Result<void> ScimDirectory::settle(const TenantScope& scope, const IdentityProvider& provider,
                                   const std::vector<std::string>& people) {
  for (const std::string& person : people) WD_TRY(settle_one(scope, provider, person));
  return {};
}

Result<void> ScimDirectory::settle_one(const TenantScope& scope, const IdentityProvider& provider,
                                       const std::string& id) {
  const TenantScope own = WD_TRY(scopes_.make(scope.tenant(), "identity-provider:" + provider.id.text()));
  ExternalPerson person;
  person.provider = provider.id;
  person.subject = id;
  {
    auto db = WD_TRY(tenants_.config(own).acquire());
    const ScimRows rows(*db, tenants_, own, provider.id);
    const auto row = WD_TRY(rows.find(scim::user_kind(), id));
    if (!row) return {};
    person.username = text_of(row->attributes, "userName");
    person.display_name = display_name_of(row->attributes);
    person.email = email_of(row->attributes);
    person.is_disabled = !is_active(row->attributes);
    for (const ScimGroupName& group : WD_TRY(rows.groups_of(id))) person.groups.push_back(group.name);
  }
  const MappedRoles roles = mapped_roles(provider, person.groups);
  const bool has_role = !roles.roles.empty() || !roles.scoped_roles.empty();
  if (!has_role && !WD_TRY(external_.find(own, provider.id, id))) return {};
  const auto admitted = external_.admit(own, person);
  if (admitted) return {};
  const ErrorCode code = admitted.error().code;
  if (code == ErrorCode::Conflict) return scim::fail_as("uniqueness", "/userName: " + admitted.error().message);
  if (code == ErrorCode::Invalid) return scim::fail_as("invalidValue", "/userName: " + admitted.error().message);
  if (code == ErrorCode::Forbidden && !has_role) return {};  // and disabled now
  return fail(admitted.error());
}

Result<std::optional<User>> ScimDirectory::find_linked(const TenantScope& scope, const ExternalPerson& person) {
  for (const IdentityProvider& provider : WD_TRY(providers_.list(scope))) {
    if (provider.kind != "scim" || !provider.is_enabled) continue;
    const ScimSettings settings = WD_TRY(read_scim_settings(provider.settings));
    if (settings.link_provider != person.provider.text()) continue;
    if (!WD_TRY(providers_.find(scope, person.provider)).is_enabled)
      return fail(ErrorCode::Invalid, "no such identity provider in use");
    const std::string& name = settings.link_by == "userName" ? person.username : person.subject;
    std::vector<ScimRow> people;
    if (!name.empty()) {
      auto db = WD_TRY(tenants_.config(scope).acquire());
      people = WD_TRY(ScimRows(*db, tenants_, scope, provider.id).people_by(settings.link_by, name));
    }
    std::optional<User> user;
    if (people.size() == 1) user = WD_TRY(external_.find(scope, provider.id, people.front().id));
    if (user) return user;
    WD_TRY(audit_.append(scope, "user.admit", "identity-provider:" + person.provider.text(), AuditOutcome::Denied,
                         {{"reason", "not-provisioned"}}));
    return fail(ErrorCode::Forbidden, provider.name + " has not provisioned this person, or gives no role here");
  }
  return std::optional<User>{};
}

Result<void> ScimDirectory::settle_all(const TenantScope& scope, const IdentityProvider& provider) {
  std::vector<std::string> people;
  {
    auto db = WD_TRY(tenants_.config(scope).acquire());
    for (const ScimRow& row : WD_TRY(ScimRows(*db, tenants_, scope, provider.id).all(scim::user_kind())))
      people.push_back(row.id);
  }
  // Who is refused is in the audit log; the others do not wait for that.
  for (const std::string& person : people)
    if (const auto settled = settle_one(scope, provider, person); !settled) continue;
  return {};
}

}  // namespace warder::manager

// The Data Collection Notice: which data about people each module tells and what is stored of them. It is made from the
// declarations that the program itself works by, so it cannot say anything else.
#pragma once

#include <boost/json/fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "manager/store/migrations.h"
#include "manager/trust/notice_version.h"
#include "manager/trust/page.h"

namespace warder::manager {

/// "modules": by module, its purpose and the fields that say something about a person; "stored": by feature, the
/// columns that do; "choices": what a tenant can do about it. A pure function of the declarations.
boost::json::object make_notice(std::span<const FeatureSchema> tenant_schemas,
                                std::span<const FeatureSchema> control_schemas);

/// Which module tells an event's field that says something about a person: "integrity", "manager" …; none: the table is
/// not complete.
std::vector<std::string_view> modules_telling(std::string_view field);

std::string notice_page(const boost::json::object& notice, std::span<const NoticeVersion> versions,
                        PageLanguage language);

}  // namespace warder::manager

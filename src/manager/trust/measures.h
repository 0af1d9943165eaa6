// The list of technical and organisational measures (GDPR Art. 32): the promises that are such measures, by what the
// article asks for, each with how it stands. It is made from the promises and their checks, so nobody writes it.
#pragma once

#include <boost/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "manager/trust/notice_version.h"
#include "manager/trust/page.h"
#include "manager/trust/trust_center.h"

namespace warder::manager {

/// "groups": by letter of Art. 32(1), its title and its measures, each with its text and "how" it is checked. A pure
/// function of what is declared: what a version of the list is a version of.
boost::json::object make_measures(std::span<const Commitment> commitments, std::span<const Check> checks);

/// The same, each measure with "state", "reason", "checked" and "holds_until".
boost::json::object with_states(boost::json::object measures, const TrustSnapshot& snapshot);

/// SHA-256, hex, of what make_measures() gave.
std::string measures_digest(const boost::json::object& measures);

/// The list as of one moment, and its versions, the newest first.
struct MeasuresNow {
  boost::json::object measures;  // with_states()
  std::vector<NoticeVersion> versions;
  Timestamp time;
};
/// Begins a version when the list has changed.
Result<MeasuresNow> measures_now(TrustCenter& center);
boost::json::object to_json(const MeasuresNow& now);
/// What make_measures() gave, of what to_json() has made of it. Invalid when it is not of that form: a measure without
/// a state, for one.
Result<boost::json::object> without_states(const boost::json::object& shown);
std::string measures_page(const MeasuresNow& now, PageLanguage language);

}  // namespace warder::manager

#include "app/service_reports.hpp"

namespace elector::app {

ServiceReports::ServiceReports(boost::asio::io_context& io, const Clock& clock)
    : clock_(clock),
      manager_(guardian::ServiceManager::from_environment()),
      timer_(io, clock, [this] { look(); }) {}

void ServiceReports::ready() {
    manager_.ready();
    look();
}

void ServiceReports::reloading() {
    manager_.reloading();
    look();
}

void ServiceReports::stopping(model::Duration takes) {
    manager_.stopping(takes);
    look();
}

void ServiceReports::status(std::string_view line) {
    manager_.status(guardian::status_text(line));
    look();
}

void ServiceReports::look() {
    manager_.proceed(clock_.now(), true);  // this runs, so the loop turns
    timer_.arm(manager_.wake());
}

}  // namespace elector::app

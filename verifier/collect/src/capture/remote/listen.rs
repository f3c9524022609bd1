//! The stream on which a legacy server says what nobody asked for: that lists have changed, or requests of its own.

use std::sync::Arc;

use tokio::time::sleep;

use super::super::transport::{Event, Source};
use super::stream::{self, Resume, Trouble};
use super::transport::Shared;

/// How often the stream is opened anew. 5: a server that ends it at once does not want it.
const RENEWALS: usize = 5;

/// Opens the stream and listens until the conversation ends. A server need not offer it (405), and one that does may end
/// it at any time; the two passes are what a capture relies on.
pub(super) async fn listen(shared: Arc<Shared>) {
    let mut resume = Resume::default();
    for _ in 0..=RENEWALS {
        let response = match stream::open(&shared, shared.session_headers(), resume.header()).await {
            Ok(response) if stream::is_stream(&response) => response,
            _ => return,
        };
        let read = stream::read(&shared, response, Source::Standing, None, &mut resume).await;
        if let Err((_, Trouble::Over(over))) = read {
            shared.tell(Event::OverBudget(over)).await;
            return;
        }
        sleep(resume.wait()).await;
    }
}

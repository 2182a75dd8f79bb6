//! What other programs hand to the page: the service worker keeps what was shared until it is asked for, and the system
//! says which file the page was opened with.

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue, prelude::*};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomParser, File, FormData, Response, SupportedType};

use crate::{
    dom::read_article,
    share::{self, LIMIT, Refusal},
};

/// Where the service worker hands out what was shared.
const SHARED: &str = "/paste/shared";

#[wasm_bindgen]
extern "C" {
    /// The files that the system opened the page with. Only Chromium has it.
    type LaunchQueue;
    #[wasm_bindgen(method, js_name = setConsumer)]
    fn set_consumer(this: &LaunchQueue, consumer: &js_sys::Function);

    type LaunchParams;
    #[wasm_bindgen(method, getter)]
    fn files(this: &LaunchParams) -> js_sys::Array;

    type FileHandle;
    #[wasm_bindgen(method, catch, js_name = getFile)]
    fn get_file(this: &FileHandle) -> Result<js_sys::Promise, JsValue>;
}

/// Calls `take` with whatever was handed over, now or while the page is open.
pub(crate) fn listen(take: impl Fn(Result<String, Refusal>) + Clone + 'static) {
    if window().location().search().is_ok_and(|search| search == "?shared") {
        let take = take.clone();
        spawn_local(async move {
            if let Some(text) = shared().await {
                take(text);
            }
        });
    }
    let queue = js_sys::Reflect::get(&window(), &"launchQueue".into()).unwrap_or_default();
    if queue.is_undefined() {
        return;
    }
    let consumer = Closure::<dyn FnMut(LaunchParams)>::new(move |params: LaunchParams| {
        // More than one file would be more than one article.
        let first = params.files().get(0);
        if first.is_undefined() {
            return;
        }
        let take = take.clone();
        spawn_local(async move { take(launched(first.unchecked_ref()).await) });
    });
    // The queue keeps it as long as the page lives.
    queue.unchecked_ref::<LaunchQueue>().set_consumer(consumer.into_js_value().unchecked_ref());
}

/// What was shared; none if it has been taken already.
async fn shared() -> Option<Result<String, Refusal>> {
    let response = JsFuture::from(window().fetch_with_str(SHARED)).await.ok()?;
    let response: Response = response.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    // Without a service worker, the server answers with the page itself.
    let form = JsFuture::from(response.form_data().ok()?).await.ok()?;
    let form: FormData = form.dyn_into().ok()?;
    if let Ok(file) = form.get("file").dyn_into::<File>()
        && file.size() > 0.0
    {
        return Some(read(&file).await);
    }
    let field = |name: &str| form.get(name).as_string().unwrap_or_default();
    Some(share::compose(&field("title"), &field("text"), &field("url")))
}

/// The text of the file that the page was opened with.
async fn launched(handle: &FileHandle) -> Result<String, Refusal> {
    let file = handle.get_file().map_err(|_| Refusal::Unreadable)?;
    let file = JsFuture::from(file).await.map_err(|_| Refusal::Unreadable)?;
    read(&file.dyn_into().map_err(|_| Refusal::Unreadable)?).await
}

/// The text of a file. A web page becomes the article in it.
async fn read(file: &File) -> Result<String, Refusal> {
    let size = file.size();
    if size > LIMIT as f64 {
        return Err(Refusal::TooLarge(size as u64));
    }
    let buffer = JsFuture::from(file.array_buffer()).await.map_err(|_| Refusal::Unreadable)?;
    let text = share::decode(&js_sys::Uint8Array::new(&buffer).to_vec())?;
    let text = if share::is_html(&file.name(), &file.type_()) { article(&text) } else { Some(text) };
    text.filter(|text| !text.trim().is_empty()).ok_or(Refusal::Nothing)
}

/// The article of a web page, or all of the page where none is marked.
fn article(html: &str) -> Option<String> {
    let page = DomParser::new().ok()?.parse_from_string(html, SupportedType::TextHtml).ok()?;
    let find = |name: &str| page.query_selector(name).ok().flatten();
    let html = match find("article") {
        Some(_) => html.to_owned(),
        None => format!("<article>{}</article>", find("main").or_else(|| find("body"))?.inner_html()),
    };
    // Nobody knows where the page was: its links to other pages of its site lead nowhere.
    read_article(&html, "about:blank").map(|document| share::marked_text(&document))
}

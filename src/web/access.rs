//! Who may call which route. A route cannot be registered without naming its access: [`Api::route`] is the only way
//! into the router and wraps each handler in the gate that enforces it.

use axum::extract::{RawPathParams, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, ResponseBuilder};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter, UtoipaMethodRouterExt};

use super::caller::{Caller, Means, Who};
use super::problem::{PROBLEM_JSON, Problem};
use super::state::Web;
use crate::custody::Role;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone, known or not.
    Public,
    /// Any account or token with a role, whatever the role.
    SignedIn,
    /// An account or token whose role includes this one.
    Role(Role),
    /// An account or token whose role includes one of these.
    AnyRole(&'static [Role]),
    /// The kiosk that the path's `{kiosk}` names, or an account or token whose role includes this one.
    OwnKioskOr(Role),
}

/// The name of the OpenAPI extension that tells a route's access.
pub const ACCESS_EXTENSION: &str = "x-access";

impl Access {
    /// May `who` call a route with this access? `kiosk` is the path's `{kiosk}`, where it has one.
    pub fn admits(self, who: Option<&Who>, kiosk: Option<&str>) -> bool {
        let role = who.and_then(Who::role);
        match self {
            Access::Public => true,
            Access::SignedIn => role.is_some(),
            Access::Role(needed) => role.is_some_and(|role| role.includes(needed)),
            Access::AnyRole(needed) => role.is_some_and(|role| needed.iter().any(|one| role.includes(*one))),
            Access::OwnKioskOr(needed) => match who {
                Some(Who::Kiosk { kiosk: own }) => kiosk == Some(own),
                _ => role.is_some_and(|role| role.includes(needed)),
            },
        }
    }

    /// The access in a word or a few, for the OpenAPI document.
    pub fn words(self) -> String {
        match self {
            Access::Public => "public".to_owned(),
            Access::SignedIn => "signed-in".to_owned(),
            Access::Role(role) => role.word().to_owned(),
            Access::AnyRole(roles) => roles.iter().map(|role| role.word()).collect::<Vec<_>>().join("|"),
            Access::OwnKioskOr(role) => format!("own-kiosk|{}", role.word()),
        }
    }

    fn refusal(self, who: &Who) -> Problem {
        match (self, who) {
            (Access::OwnKioskOr(_), Who::Kiosk { kiosk }) => {
                Problem::forbidden(format!("This token or browser belongs to kiosk {kiosk}; it can act for no other."))
            }
            (_, Who::Kiosk { .. }) => Problem::forbidden("A kiosk may not do this. Sign in at the console."),
            (access, _) => Problem::forbidden(format!("This needs the role {}.", access.words().replace('|', " or "))),
        }
    }
}

/// Routes in the making.
pub struct Api(OpenApiRouter<Web>);

impl Api {
    /// No routes yet.
    pub fn new(document: OpenApi) -> Self {
        Self(OpenApiRouter::with_openapi(document))
    }

    /// Adds the handlers of one path, to be called by those whom `access` admits.
    #[must_use]
    pub fn route(self, access: Access, (schemas, mut paths, methods): UtoipaMethodRouter<Web>) -> Self {
        for item in paths.paths.values_mut() {
            let operations = [&mut item.get, &mut item.post, &mut item.patch, &mut item.put, &mut item.delete];
            operations.into_iter().flatten().for_each(|operation| describe(operation, access));
        }
        Self(self.0.routes((schemas, paths, methods).layer(from_fn_with_state(access, guard))))
    }

    /// Adds what a part of the house registers.
    #[must_use]
    pub fn with(self, register: impl FnOnce(Self) -> Self) -> Self {
        register(self)
    }

    /// The router and the document that describes it.
    pub fn split(self) -> (axum::Router<Web>, OpenApi) {
        self.0.split_for_parts()
    }
}

/// What all routes have in common, and each route's access, in the document.
fn describe(operation: &mut Operation, access: Access) {
    let extension = ExtensionsBuilder::new().add(ACCESS_EXTENSION, access.words()).build();
    operation.extensions.get_or_insert_default().merge(extension);
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let problem = ResponseBuilder::new().description("What went wrong").content(PROBLEM_JSON, content).build();
    operation.responses.responses.insert("default".to_owned(), problem.into());
    if access != Access::Public {
        let none: [&str; 0] = [];
        let ways = ["bearer", "console", "kiosk"].map(|way| SecurityRequirement::new(way, none));
        operation.security = Some(ways.to_vec());
    }
}

/// Every handler's gate. The outermost layer hands it the web's state; without it nobody gets in.
async fn guard(State(access): State<Access>, path: RawPathParams, mut request: Request, next: Next) -> Response {
    let Some(web) = request.extensions().get::<Web>().cloned() else {
        return Problem::internal("a route was called past the outermost layer", &"no state").into_response();
    };
    let kiosk = path.iter().find(|(name, _)| *name == "kiosk").map(|(_, value)| value.to_owned());
    match admitted(&web, access, kiosk.as_deref(), request.method(), request.headers()).await {
        Ok(Some(caller)) => {
            request.extensions_mut().insert(caller.clone());
            let mut response = next.run(request).await;
            response.extensions_mut().insert(caller);
            response
        }
        Ok(None) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

async fn admitted(
    web: &Web,
    access: Access,
    kiosk: Option<&str>,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Option<Caller>, Problem> {
    let changes = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    if access == Access::Public {
        // A public route that sets a cookie (signing in, enrolling) must not be driven from another site either.
        if changes {
            same_origin(headers)?;
        }
        return Ok(None);
    }
    let (mut refused, mut deactivated) = (None, None);
    for caller in web.callers.identify(web, headers).await? {
        if let Who::Kiosk { kiosk } = &caller.who
            && web.ledger().kiosks().get(kiosk).is_some_and(|known| !known.active)
        {
            deactivated.get_or_insert_with(|| Problem::kiosk_deactivated(kiosk));
            continue;
        }
        if access.admits(Some(&caller.who), kiosk) {
            if changes && caller.means == Means::Cookie {
                deliberate(headers)?;
            }
            return Ok(Some(caller));
        }
        refused.get_or_insert(caller);
    }
    let refusal = refused.map(|caller| access.refusal(&caller.who)).or(deactivated);
    Err(refusal.unwrap_or_else(Problem::sign_in_needed))
}

/// A change by cookie must come from our own pages: they send a header that no form and no foreign page can.
pub(super) fn deliberate(headers: &HeaderMap) -> Result<(), Problem> {
    let marked = headers.get("x-outguide").is_some_and(|value| value == "1");
    if !marked {
        return Err(Problem::forbidden("A change with a cookie needs the header `X-Outguide: 1`."));
    }
    same_origin(headers)
}

/// Where the browser says from which page a request comes, that page must be ours.
fn same_origin(headers: &HeaderMap) -> Result<(), Problem> {
    let foreign = || Problem::forbidden("This request comes from a page of another site.");
    if let Some(site) = headers.get("sec-fetch-site")
        && site != "same-origin"
        && site != "none"
    {
        return Err(foreign());
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let from = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    if from.is_some() && from == host { Ok(()) } else { Err(foreign()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn changes_by_cookie_need_our_header_and_our_origin() {
        assert!(deliberate(&headers(&[("host", "a:1"), ("x-outguide", "1")])).is_ok());
        assert!(deliberate(&headers(&[("host", "a:1")])).is_err());
        assert!(deliberate(&headers(&[("host", "a:1"), ("x-outguide", "1"), ("origin", "https://a:1")])).is_ok());
        assert!(deliberate(&headers(&[("host", "a:1"), ("x-outguide", "1"), ("origin", "https://b")])).is_err());
        assert!(deliberate(&headers(&[("host", "a:1"), ("x-outguide", "1"), ("origin", "null")])).is_err());
        assert!(deliberate(&headers(&[("host", "a"), ("x-outguide", "1"), ("sec-fetch-site", "same-site")])).is_err());
        assert!(deliberate(&headers(&[("host", "a"), ("x-outguide", "1"), ("sec-fetch-site", "same-origin")])).is_ok());
    }

    #[test]
    fn a_kiosk_acts_for_itself_only() {
        let own = Who::Kiosk { kiosk: "er-1".to_owned() };
        let access = Access::OwnKioskOr(Role::Clerk);
        assert!(access.admits(Some(&own), Some("er-1")));
        assert!(!access.admits(Some(&own), Some("rr-1")));
        assert!(!access.admits(Some(&own), None));
        assert!(!Access::SignedIn.admits(Some(&own), None));
        assert!(!Access::Role(Role::Viewer).admits(Some(&own), None));
        assert!(!access.admits(None, Some("er-1")));
    }
}

//! The server's cookies: the console's session, a kiosk's enrolment, and the sign-in limiter's device cookie.

use axum::http::{HeaderMap, HeaderValue, header};

/// The console's session.
pub const CONSOLE: &str = "outguide";
/// An enrolled kiosk's browser.
pub const KIOSK: &str = "outguide_kiosk";
/// A browser that has signed in before; see [`super::limiter`].
pub const DEVICE: &str = "outguide_device";

/// A kiosk's browser stays enrolled for years: nobody is there to enrol it again at night.
const KIOSK_SECONDS: u32 = 5 * 365 * 24 * 3600;
const DEVICE_SECONDS: u32 = 90 * 24 * 3600;

/// The value of the cookie `name` that the browser sent.
pub fn sent<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

/// `Set-Cookie` for `name`. `secure` when the server speaks TLS.
pub fn set(name: &str, value: &str, secure: bool) -> Option<HeaderValue> {
    let life = match name {
        KIOSK => format!("; Max-Age={KIOSK_SECONDS}"),
        DEVICE => format!("; Max-Age={DEVICE_SECONDS}"),
        // Ends with the browser; the server ends it earlier when it is idle.
        _ => String::new(),
    };
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{life}{secure}")).ok()
}

/// `Set-Cookie` that takes `name` back.
pub fn clear(name: &str, secure: bool) -> Option<HeaderValue> {
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{name}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0{secure}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; outguide_kiosk=k; outguide=s"));
        assert_eq!(sent(&headers, CONSOLE), Some("s"));
        assert_eq!(sent(&headers, KIOSK), Some("k"));
        assert_eq!(sent(&headers, DEVICE), None);
    }

    #[test]
    fn cookies_are_for_us_alone() {
        let cookie = set(CONSOLE, "x", true).unwrap();
        assert_eq!(cookie, "outguide=x; Path=/; HttpOnly; SameSite=Strict; Secure");
        assert!(set(CONSOLE, "a\nb", true).is_none());
    }
}

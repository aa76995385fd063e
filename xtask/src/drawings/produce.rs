//! Fruit and roots: on a plant, and on the front of a seed packet.

use super::{
    colour::*,
    geometry::{Curve, Path, Placement, Point, polar},
    leaves::{Leaf, lens},
    svg::Drawing,
};

/// A round fruit with a calyx on top.
pub(super) fn cherry(d: &mut Drawing, centre: Point, radius: f64, colour: Colour) {
    round(d, centre, radius, colour);
    let mut star = Path::default();
    for turn in [-84.0, -28.0, 28.0, 84.0] {
        let place = Placement::at((centre.0, centre.1 - radius * 0.8)).turned(turn);
        star = star.and(&lens(radius * 0.7, radius * 0.2).placed(place));
    }
    d.pen(1.2, |d| d.shape(&star, LEAF));
}

/// A round fruit, lit from the top left.
pub(super) fn round(d: &mut Drawing, centre: Point, radius: f64, colour: Colour) {
    d.disc(centre, radius, colour);
    let (x, y) = centre;
    let at = |turn: f64, part: f64| polar((x, y), turn, radius * part);
    let far = Path::from(at(70.0, 0.92))
        .quad(at(135.0, 1.36), at(205.0, 0.92))
        .quad(at(135.0, 0.86), at(70.0, 0.92));
    d.flat(&far.close(), colour.shade());
    d.spot(at(-45.0, 0.48), radius * 0.17, colour.light());
}

/// A hanging pod of cayenne; its stalk is at the point.
pub(super) fn chilli(d: &mut Drawing, at: Point, length: f64, lean: f64, colour: Colour) {
    let (x, y) = at;
    d.tube(
        &Path::from((x - lean * 0.4, y - 14.0)).quad((x, y - 10.0), at),
        LEAF,
        3.0,
    );
    let curve = Curve([
        at,
        (x, y + length * 0.4),
        (x + lean, y + length * 0.7),
        (x + lean * 1.6, y + length),
    ]);
    d.shape(&curve.ribbon(13.0), colour);
    let shine = Path::from((x - 2.5, y + 8.0)).quad(
        (x - 2.0, y + length * 0.3),
        (x + lean * 0.4 - 1.0, y + length * 0.5),
    );
    d.line(&shine, colour.light(), 2.0);
    d.shape(&Path::ellipse((x, y + 1.0), 7.0, 4.6), LEAF);
}

/// A strawberry; its calyx is at the point.
pub(super) fn berry(d: &mut Drawing, at: Point, size: f64, colour: Colour) {
    d.under(Placement::at(at).sized(size), |d| {
        let body = Path::from((0.0, 0.0))
            .cubic((-0.5, -0.24), (-0.94, 0.1), (-0.8, 0.56))
            .cubic((-0.66, 1.0), (-0.3, 1.44), (0.0, 1.5))
            .cubic((0.3, 1.44), (0.66, 1.0), (0.8, 0.56))
            .cubic((0.94, 0.1), (0.5, -0.24), (0.0, 0.0))
            .close();
        d.shape(&body, colour);
        let far = Path::from((0.78, 0.3))
            .cubic((0.9, 0.7), (0.4, 1.4), (0.0, 1.46))
            .cubic((0.3, 1.2), (0.56, 0.8), (0.78, 0.3))
            .close();
        d.flat(&far, colour.shade());
        let seeds = [
            (-0.5, 0.3),
            (-0.1, 0.34),
            (0.32, 0.3),
            (-0.34, 0.68),
            (0.1, 0.7),
            (0.48, 0.62),
            (-0.14, 1.04),
            (0.22, 1.0),
        ];
        d.specks(&seeds, LEMON, 3.0);
        for turn in [-96.0, 96.0, -140.0, 140.0, 180.0] {
            Leaf::new(0.62, 0.3, LEAF).draw(d, (0.0, 0.0), turn);
        }
    });
}

/// A courgette from its stalk, at an angle.
pub(super) fn marrow(d: &mut Drawing, foot: Point, angle: f64, length: f64) {
    let colour = DEEP.mix(INK, 0.22);
    d.under(Placement::at(foot).turned(angle), |d| {
        let (wide, end) = (length * 0.15, -length);
        d.shape(
            &Path::block((-wide * 0.5, -length * 0.12), (wide, length * 0.18), 3.0),
            FRESH,
        );
        let body = Path::from((-wide * 0.7, -length * 0.08))
            .cubic(
                (-wide * 1.2, -length * 0.5),
                (-wide * 1.3, end * 0.8),
                (-wide * 1.1, end * 0.9),
            )
            .quad((-wide, end), (0.0, end))
            .quad((wide, end), (wide * 1.1, end * 0.9))
            .cubic(
                (wide * 1.3, end * 0.8),
                (wide * 1.2, -length * 0.5),
                (wide * 0.7, -length * 0.08),
            )
            .close();
        d.shape(&body, colour);
        for part in [-0.5, 0.1, 0.6] {
            let stripe = Path::through(&[
                (wide * part, -length * 0.16),
                (wide * part * 1.2, end * 0.86),
            ]);
            d.line(&stripe, LEAF, 2.4);
        }
    });
}

/// A carrot that hangs from its leaves at the point.
pub(super) fn carrot(d: &mut Drawing, at: Point, angle: f64, length: f64) {
    d.under(Placement::at(at).turned(angle), |d| {
        for turn in [-24.0, 24.0, 0.0] {
            let stem = Curve::stem((0.0, 2.0), polar((0.0, 2.0), turn, length * 0.62));
            let mut leaf = stem.path();
            for part in [0.42, 0.6, 0.78, 0.92] {
                let (root, angle) = (stem.point(part), stem.angle(part));
                let ends = [-52.0, 52.0].map(|open| polar(root, angle + open, length * 0.15));
                leaf = leaf.and(&Path::through(&[ends[0], root, ends[1]]));
            }
            d.tube(&leaf, LEAF, 4.0);
        }
        let wide = length * 0.17;
        let body = Path::from((-wide * 0.4, 0.0))
            .cubic(
                (-wide * 1.3, 0.0),
                (-wide, length * 0.5),
                (-wide * 0.66, length * 0.9),
            )
            .quad((0.0, length * 1.1), (wide * 0.66, length * 0.9))
            .cubic((wide, length * 0.5), (wide * 1.3, 0.0), (wide * 0.4, 0.0))
            .close();
        d.shape(&body, ORANGE);
        for (y, from, to) in [
            (0.2, -0.9, -0.3),
            (0.36, 0.2, 0.84),
            (0.54, -0.74, -0.1),
            (0.72, 0.1, 0.6),
        ] {
            d.line(
                &Path::through(&[(wide * from, length * y), (wide * to, length * y)]),
                ORANGE.shade(),
                2.0,
            );
        }
    });
}

/// A radish with a white tip, under its leaves.
pub(super) fn radish(d: &mut Drawing, at: Point, angle: f64, length: f64) {
    d.under(Placement::at(at).turned(angle), |d| {
        for turn in [-30.0, 30.0, 0.0] {
            Leaf::new(length * 0.95, length * 0.34, LEAF)
                .belly(0.66)
                .draw(d, (0.0, 2.0), turn);
        }
        let wide = length * 0.27;
        let tip = Path::from((0.0, length * 0.7)).quad((2.0, length * 0.9), (-3.0, length * 1.1));
        d.line(&tip, INK, 3.0);
        let body = Path::from((0.0, -2.0))
            .cubic(
                (-wide * 1.3, -4.0),
                (-wide * 1.3, length * 0.76),
                (0.0, length * 0.8),
            )
            .cubic((wide * 1.3, length * 0.76), (wide * 1.3, -4.0), (0.0, -2.0))
            .close();
        d.shape(&body, CRIMSON.mix(RED, 0.4));
        let white = Path::from((-wide * 0.82, length * 0.58))
            .quad((0.0, length * 0.48), (wide * 0.82, length * 0.58))
            .quad((wide * 0.4, length * 0.78), (0.0, length * 0.79))
            .quad((-wide * 0.4, length * 0.78), (-wide * 0.82, length * 0.58))
            .close();
        d.flat(&white, WHITE);
        d.line(
            &Path::through(&[(-wide * 0.5, length * 0.2), (-wide * 0.5, length * 0.4)]),
            BLUSH,
            4.0,
        );
    });
}

/// An open pod of peas, its stalk at the point.
pub(super) fn pea_pod(d: &mut Drawing, at: Point, angle: f64, length: f64) {
    d.under(Placement::at(at).turned(angle), |d| {
        d.tube(
            &Path::through(&[(0.0, length * 0.12), (0.0, 0.0)]),
            LEAF,
            4.0,
        );
        Leaf::new(length, length * 0.3, FRESH)
            .belly(0.5)
            .bend(length * 0.08)
            .draw(d, (0.0, 0.0), 0.0);
        let inside = Leaf::new(length * 0.84, length * 0.18, FRESH)
            .belly(0.5)
            .bend(length * 0.06);
        d.flat(
            &inside
                .outline()
                .placed(Placement::at((0.0, -length * 0.07))),
            DEEP,
        );
        for part in [0.22, 0.37, 0.52, 0.67, 0.8] {
            let size = length * (0.082 - 0.06 * f64::abs(part - 0.5));
            round(d, (length * 0.08 * part, -length * part), size, FRESH);
        }
    });
}
